"""What can be wrong with the file that a developer token comes from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class TokenFileFault:
    """Why the file as it is now cannot be used; an older token may serve on meanwhile.

    Attributes:
        message: A sentence for the log; it names the file.
        shown: A clause like `it is empty`, for pages and reports that others may see; it names
            nothing of the machine.
    """

    message: str
    shown: str


class DeveloperTokenFiles(Protocol):
    """Knows the files that developer tokens come from."""

    def file_faults(self) -> Mapping[str, TokenFileFault]:
        """Look at the files, and return what is wrong by account id; the server's is under ''."""
        ...
