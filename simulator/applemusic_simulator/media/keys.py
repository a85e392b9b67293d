"""Content keys, derived from the simulator's own secret so that nothing has to be stored."""

import hashlib
import hmac

from applemusic_simulator.media.package import ContentKey
from applemusic_simulator.media.variant import Variant


class KeyChain:
    """Knows the content key of every song.

    Args:
        secret: Same secret, same keys.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def key_for(self, song_id: str, variant: Variant) -> ContentKey:
        """Return a song's key; it is the same in all variants, the IVs are not."""
        return ContentKey(
            kid=self.kid_for(song_id),
            key=self._derive("key", song_id)[:16],
            iv_seed=self._derive("iv", f"{song_id}/{variant.name}")[:8],
        )

    def kid_for(self, song_id: str) -> bytes:
        """Return a song's key id; like Apple's it begins with four zero bytes."""
        return bytes(4) + self._derive("kid", song_id)[:12]

    def fingerprint(self, song_id: str) -> str:
        """Return what to put into a file name so that another secret never finds this file."""
        return self._derive("file", song_id)[:4].hex()

    def _derive(self, purpose: str, subject: str) -> bytes:
        return hmac.new(self._secret, f"{purpose}:{subject}".encode(), hashlib.sha256).digest()
