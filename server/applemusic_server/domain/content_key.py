"""The one secret of a song: the key that its samples are encrypted with."""

from dataclasses import dataclass, field

KEY_BYTES = 16


@dataclass(frozen=True, slots=True)
class ContentKey:
    """An AES-128 content key and the id it goes by.

    It lives in memory for as long as the song plays: it is never logged, stored or sent, and it
    does not appear in the repr.

    Attributes:
        key_id: The 16 bytes that name the key in the playlist and in the file. Not secret.
        secret: The 16 key bytes. Hand them to the cipher and to nothing else.

    Raises:
        ValueError: A length is not 16 (a defect of the caller; the message shows no bytes).
    """

    key_id: bytes
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.key_id) != KEY_BYTES or len(self.secret) != KEY_BYTES:
            raise ValueError("a content key and its id have 16 bytes each")
