"""What ends the reading of a file."""


class UnreadableFile(Exception):  # noqa: N818 (not an error of the program: the check turns it into a finding)
    """Raised where a file cannot be read (further), with the finding's code, message, hint and row."""

    def __init__(self, code: str, message: str, hint: str = "", row: int = 0) -> None:
        super().__init__(message)
        self.code, self.message, self.hint, self.row = code, message, hint, row
