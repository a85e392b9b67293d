"""A file with a secret, read again when it changes."""

import codecs
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from applemusic_server.domain.secret import Secret

# The file's age is looked at when its content is wanted, and at most so often, in seconds.
LOOK_EVERY = 2.0
_MOST_BYTES = 64 * 1024
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class SecretUnreadableError(Exception):
    """A file cannot be used; the text says why and quotes nothing of it.

    Attributes:
        what: The same without the file's name, e.g. `is empty`.
    """

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(f"the file {path} {what}")
        self.what = what


class SecretSource(Protocol):
    """Where a secret comes from."""

    def current(self) -> Secret:
        """Return it as it is now.

        Raises:
            SecretUnreadableError: There is none.
        """
        ...


class FixedSecret:
    """A secret that does not change."""

    def __init__(self, secret: Secret) -> None:
        self._secret = secret

    def current(self) -> Secret:
        """Return it."""
        return self._secret


class SecretFile:
    """Reads a file, and again when another one stands in its place or its time changes.

    Nothing polls: who wants the secret looks at the file, through links, so that it may be replaced
    as Kubernetes and certificate tools do it.

    Args:
        path: The file; blanks around its content and a byte order mark do not count.
        clock: Monotonic seconds.
    """

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._clock = clock
        self._looked = float("-inf")
        self._identity: tuple[int, ...] = ()
        self._found: Secret | str = "was not read yet"

    def current(self) -> Secret:
        """Return the content.

        Raises:
            SecretUnreadableError: The file is missing, empty, too large, or everybody's to read.
        """
        now = self._clock()
        if now - self._looked >= LOOK_EVERY:
            self._looked = now
            self._look()
        if isinstance(self._found, str):
            raise SecretUnreadableError(self._path, self._found)
        return self._found

    def _look(self) -> None:
        try:
            found = os.stat(self._path)  # noqa: PTH116 - the times in nanoseconds, nothing else
            identity = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_mode)
            if identity != self._identity:
                self._found = self._read()
                self._identity = identity
        except OSError as error:
            self._identity = ()
            self._found = f"cannot be read: {error.strerror}"

    def _read(self) -> Secret | str:
        with self._path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = file.read(_MOST_BYTES + 1)
        if mode & stat.S_IRWXO:
            return "can be read by every user of this machine; run chmod o-rwx on it"
        if len(content) > _MOST_BYTES:
            return f"is larger than {_MOST_BYTES} bytes"
        if content.startswith(_WIDE):
            return "is UTF-16; save it as plain text (ASCII or UTF-8)"
        # Editors put it before a text, and nobody sees it.
        content = content.removeprefix(codecs.BOM_UTF8)
        text = content.decode("ascii", errors="replace").strip()
        return Secret(text) if text else "is empty"
