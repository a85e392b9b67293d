"""Encrypts tokens at rest."""

import base64
import contextlib
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from applemusic_server.domain.errors import FailedPreconditionError, Reason
from applemusic_server.domain.secret import Secret

_LARGEST_KEY_FILE: Final = 16384


class TokenCipher:
    """Encrypts with the first of several keys, decrypts with any of them."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """Take the keys, the newest first.

        Raises:
            ValueError: There is none, or one is not 32 bytes in URL-safe base64.
        """
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def encrypt(self, account_id: str, token: Secret) -> bytes:
        """Return the token encrypted, bound to the account it belongs to."""
        return self._fernet.encrypt(f"{account_id}\n{token.reveal()}".encode())

    def decrypt(self, account_id: str, encrypted: bytes) -> Secret | None:
        """Return the token; None when no key opens it or it is another account's."""
        try:
            owner, _, token = self._fernet.decrypt(encrypted).decode().partition("\n")
        except (InvalidToken, UnicodeDecodeError):
            return None
        return Secret(token) if owner == account_id else None

    def seal(self, purpose: str, content: bytes) -> str:
        """Return a text that holds the content, unreadable and unforgeable.

        Tokens are bound to account ids, which hold no colon: neither passes for the other.
        """
        return self._fernet.encrypt(f"{purpose}:\n".encode() + content).decode()

    def unseal(self, purpose: str, text: str) -> bytes | None:
        """Return the content; None when it was not sealed here for this purpose."""
        try:
            # Base64 is read leniently: what is not written as it was made is not ours.
            exact = base64.urlsafe_b64encode(base64.urlsafe_b64decode(text)).decode() == text
            bound, _, content = self._fernet.decrypt(text.encode()).partition(b"\n")
        except (InvalidToken, ValueError):
            return None
        if not exact:
            return None
        return content if bound == f"{purpose}:".encode() else None


def load_cipher(path: Path, *, create: bool) -> TokenCipher:
    """Return the cipher with the keys in a file, one per line, the newest first.

    Args:
        path: The file.
        create: Whether to make it, with a new key, when it is not there.

    Raises:
        FailedPreconditionError: STORAGE_KEY_MISMATCH: the file cannot be read, can be read by
            every user of the machine, or holds no keys.
    """
    if create:
        _create(path)
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            lines = file.read(_LARGEST_KEY_FILE).split()
    except OSError as error:
        raise _unusable(path, error.strerror or "cannot be read") from None
    if mode & stat.S_IRWXO:
        raise FailedPreconditionError(
            Reason.STORAGE_KEY_MISMATCH,
            f"Every user of this machine can read the encryption key. Run: chmod o-rwx {path}",
        )
    if not lines:
        raise _unusable(path, "is empty")
    try:
        return TokenCipher(lines)
    except ValueError:
        raise _unusable(
            path, "does not hold keys: each line is 32 bytes in URL-safe base64"
        ) from None


def _create(path: Path) -> None:
    """Write a new key so that the file is whole whenever it is there, whoever else starts too."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if path.exists():
            return
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(Fernet.generate_key() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            with contextlib.suppress(FileExistsError):  # another process was faster: its key counts
                path.hardlink_to(fresh)
        finally:
            fresh.unlink()
    except OSError as error:
        raise _unusable(path, error.strerror or "cannot be made") from None


def _unusable(path: Path, what: str) -> FailedPreconditionError:
    return FailedPreconditionError(
        Reason.STORAGE_KEY_MISMATCH,
        f"The encryption key file {path}: {what}. Restore it from a backup; without it everybody "
        "has to sign in again.",
    )
