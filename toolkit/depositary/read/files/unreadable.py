"""The error that ends the reading of a file."""


class UnreadableFile(Exception):  # noqa: N818 (not an error of the program: the check turns it into a finding)
    """Raised if a file cannot be read to its end; has the code, message, hint and row of a finding.

    For a table in parts, `part` is the path of the part, in which the row is. If several parts cannot be read, `others`
    has the errors of those after the first.
    """

    def __init__(self, code: str, message: str, hint: str = "", row: int = 0) -> None:
        super().__init__(message)
        self.code, self.message, self.hint, self.row = code, message, hint, row
        self.part = ""
        self.others: list[UnreadableFile] = []
