"""What can go wrong that the user can mend. Every message says what to do next."""


class DjawsError(Exception):
    """Wrong usage or configuration: the command ends with exit code 2 and prints this message."""


class Refused(Exception):
    """A file that is not parsed: too large, nested too deeply, unreadable or binary. Becomes an `undecided` entry."""

    def __init__(self, path: str, because: str, line: int | None = None) -> None:
        super().__init__(f"{path}: {because}")
        self.path = path
        self.because = because
        self.line = line
