"""Failures that the command finds itself, before or after it asks the server."""

from applemusic.cli.exits import Exit


class Problem(Exception):  # noqa: N818 - nothing that is caught by name outside of the command
    """Ends the command with a sentence.

    Attributes:
        message: What is wrong.
        next_step: What to do about it.
        exit: The exit code.
    """

    def __init__(self, message: str, *, exit_code: Exit, next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step
        self.exit = exit_code
