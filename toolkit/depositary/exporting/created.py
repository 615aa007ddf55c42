"""The time that files of an export are stamped with, in the place of the clock's."""

from datetime import UTC, datetime

from depositary.exporting.content import Content

_UNKNOWN = datetime(1980, 1, 1)  # noqa: DTZ001 (as formats write it: in UTC, without saying so)


def created(content: Content) -> datetime:
    """Give the time at which the descriptor says that the package was made, in UTC, or a fixed one."""
    try:
        found = datetime.fromisoformat(str(content.descriptor.get("created")))
        return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found
    except (ValueError, OverflowError):
        return _UNKNOWN
