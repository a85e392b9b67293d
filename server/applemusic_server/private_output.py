"""Writes what a command prints into a file that only its owner can read."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


@contextmanager
def private_output(path: Path) -> Iterator[TextIO]:
    """Open a file that must not be there yet, mode 0600; it is gone again if the body fails.

    Made before the body makes what goes into it: a secret that could not be written would be lost.

    Raises:
        OSError: It is there already, or cannot be made.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            yield file
    except BaseException:
        path.unlink(missing_ok=True)
        raise
