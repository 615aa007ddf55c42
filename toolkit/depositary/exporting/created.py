"""The time stamp of exported files, which is not the time of the clock."""

from datetime import UTC, datetime

from depositary.exporting.content import Content

_UNKNOWN = datetime(1980, 1, 1)  # noqa: DTZ001 (formats write it in UTC without a zone)


def created(content: Content) -> datetime:
    """Give the time in the descriptor's `created`, in UTC, or a fixed time."""
    try:
        found = datetime.fromisoformat(str(content.descriptor.get("created")))
        return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found
    except (ValueError, OverflowError):
        return _UNKNOWN
