"""What the media path asks of the outside: bytes of a file by range, and content keys."""

from typing import Protocol

from applemusic_server.domain.content_key import ContentKey


class RangeResponse(Protocol):
    """One open answer to a range request. Whoever opened it must `aclose` it."""

    @property
    def start(self) -> int:
        """Offset in the file of the first byte of the body; 0 if the server ignored the range."""

    @property
    def end(self) -> int | None:
        """Offset after the last byte that the server promised, if it did."""

    @property
    def total(self) -> int | None:
        """Size of the whole file in bytes, if the server said so."""

    @property
    def validator(self) -> str | None:
        """The file's strong ETag, or another string that changes with its content."""

    async def read(self) -> bytes:
        """The next piece of the body as it comes, of any size; empty at the end of the body.

        A body that ends early need not raise: the reader counts.

        Raises:
            UnavailableError: The connection broke or fell silent; the rest may be asked for again.
        """

    async def aclose(self) -> None:
        """Give the connection back if the body was read to its end, else close it."""


class ByteSource(Protocol):
    """Ranges of files over the one warm session of the process."""

    async def open_range(
        self, url: str, start: int, end: int | None, *, validator: str | None = None
    ) -> RangeResponse:
        """Ask for the bytes `start <= i < end` and return at the head of the answer.

        Args:
            url: Where the file is. The source checks it against the list of allowed hosts.
            start: First byte wanted.
            end: The byte after the last one wanted; None is the end of the file.
            validator: What an earlier answer named; sent as `If-Range`, so that a file that has
                changed comes back whole, with another validator, and not in mixed parts.

        Raises:
            UnavailableError: No answer, or a 5xx: the same request may be made again.
            AppleMusicError: Any other refusal; asking again does not help.
        """


class LicenseSession(Protocol):
    """One licence being asked for. Close it in a `finally`: only a few can be open at once."""

    @property
    def challenge(self) -> bytes:
        """The signed request to post to the licence server, as it is. Never to be logged."""

    def content_key(self, license_message: bytes) -> ContentKey:
        """Take the key out of the licence server's answer. Works once per session.

        Raises:
            InternalError: UPSTREAM_RESPONSE_INVALID, the answer is not a licence for this session.
            PermissionDeniedError: LICENSE_REFUSED, the licence holds no key for this song.
        """

    def close(self) -> None:
        """Free the session. A second call does nothing."""


class ContentDecryption(Protocol):
    """A Widevine device that can ask for licences."""

    async def open(self, key_id: bytes) -> LicenseSession:
        """Start a licence request for one key; waits while too many are open.

        Args:
            key_id: The 16 bytes from the playlist's KEY line.

        Raises:
            FailedPreconditionError: WIDEVINE_DEVICE_MISSING or WIDEVINE_DEVICE_REJECTED.
        """
