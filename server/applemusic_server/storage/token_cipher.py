"""Encrypts tokens at rest."""

import base64
from collections.abc import Callable, Sequence
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from applemusic_server.domain.secret import Secret
from applemusic_server.storage.key_file import KeyFile, Problem, WatchedKeyFile


class TokenCipher:
    """Encrypts with the first of several keys, decrypts with any of them."""

    def __init__(
        self,
        keys: Sequence[bytes],
        changed: Callable[[], Sequence[bytes] | None] = lambda: None,
    ) -> None:
        """Take the keys, the newest first.

        Args:
            keys: 32 bytes each, in URL-safe base64.
            changed: Is asked before each use; returns other keys, or None when they are the same.

        Raises:
            ValueError: There is none, or one is not 32 bytes in URL-safe base64.
        """
        self._keys = MultiFernet([Fernet(key) for key in keys])
        self._changed = changed

    @property
    def _fernet(self) -> MultiFernet:
        keys = self._changed()
        if keys is not None:
            self._keys = MultiFernet([Fernet(key) for key in keys])
        return self._keys

    def renew(self, encrypted: bytes) -> bytes | None:
        """Return the same encrypted with the first key; None when no key opens it."""
        try:
            return self._fernet.rotate(encrypted)
        except InvalidToken:
            return None

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


def load_cipher(path: Path, *, create: bool, on_problem: Problem = lambda _: None) -> TokenCipher:
    """Return the cipher with the keys in a file; keys that are put there later count at once.

    Args:
        path: The file.
        create: Whether to make it, with a new key, when it is not there.
        on_problem: Is told when the file becomes unusable later; the keys that were read stay.

    Raises:
        FailedPreconditionError: STORAGE_KEY_MISMATCH: the file cannot be read, can be read by
            every user of the machine, or holds no keys.
    """
    file = KeyFile(path)
    if create:
        file.create()
    watched = WatchedKeyFile(file, on_problem)
    return TokenCipher(file.read(), watched.changed)
