"""From a key id to a content key: challenge, Apple's licence, key."""

from dataclasses import dataclass
from datetime import timedelta

from applemusic_server.domain.content_key import ContentKey
from applemusic_server.domain.errors import FailedPreconditionError
from applemusic_server.domain.gateways import Listener, PlaybackGateway, PlaybackOffer
from applemusic_server.domain.media import Rendition
from applemusic_server.domain.ports import ContentDecryption


@dataclass(frozen=True, slots=True)
class Grant:
    """What a licence grants.

    Attributes:
        key: The song's key.
        renew_after: When to ask for another licence; None is never.
    """

    key: ContentKey
    renew_after: timedelta | None


class Licenser:
    """Asks for licences.

    Args:
        gateway: Apple's playback side.
        decryption: The Widevine device, or why there is none.
    """

    def __init__(
        self, gateway: PlaybackGateway, decryption: ContentDecryption | FailedPreconditionError
    ) -> None:
        self._gateway = gateway
        self._decryption = decryption

    @property
    def has_device(self) -> bool:
        """Whether protected songs can be played."""
        return not isinstance(self._decryption, FailedPreconditionError)

    def device(self) -> ContentDecryption:
        """The Widevine device.

        Raises:
            FailedPreconditionError: WIDEVINE_DEVICE_MISSING or WIDEVINE_DEVICE_REJECTED.
        """
        if isinstance(self._decryption, FailedPreconditionError):
            # A new one each time: a raised exception collects tracebacks.
            problem = self._decryption
            raise FailedPreconditionError(
                problem.reason, problem.message, metadata=problem.metadata, links=problem.links
            )
        return self._decryption

    async def grant(self, offer: PlaybackOffer, rendition: Rendition, listener: Listener) -> Grant:
        """Get a song's key: one round trip to Apple.

        Raises:
            FailedPreconditionError: As `device`.
            PermissionDeniedError: LICENSE_REFUSED, or the reason of Apple's code.
            InternalError: UPSTREAM_RESPONSE_INVALID, the answer is not a licence.
            AppleMusicError: What else `PlaybackGateway.license` raises.
        """
        session = await self.device().open(rendition.key_id)
        try:
            answer = await self._gateway.license(
                offer, rendition.key_uri, session.challenge, listener
            )
            return Grant(session.content_key(answer.message), answer.renew_after)
        finally:
            session.close()
