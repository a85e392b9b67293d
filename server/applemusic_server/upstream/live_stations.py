"""Asks Apple where a station can be heard."""

from typing import Final

from applemusic_server.domain.errors import (
    AppleMusicError,
    NotFoundError,
    PermissionDeniedError,
    Reason,
)
from applemusic_server.domain.gateways import Listener
from applemusic_server.domain.live import StationStream
from applemusic_server.upstream.api_client import ApiClient, Question, Refused, UserToken
from applemusic_server.upstream.endpoints import Endpoint
from applemusic_server.upstream.failures import invalid_answer, refusal
from applemusic_server.upstream.priority_gate import Priority

_FORBIDDEN, _NOT_FOUND = 403, 404
# Reference: section 8.6, observed by an author of a simulator.
_SUBSCRIPTION_REQUIRED: Final = "40303"
_KEY_SERVERS: Final = ("keyServerUrl", "widevineKeyCertificateUrl", "fairPlayKeyCertificateUrl")


class AppleStations:
    """Implements `StationGateway`.

    Args:
        api: Asks Apple.
    """

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    async def stream(self, station_id: str, listener: Listener) -> StationStream | None:
        """Return where a station can be heard, without protection if it is offered so."""
        answer = await self._api.send(
            Question(
                Endpoint.PLAY_ASSETS,
                "/v1/play/assets",
                {"id": station_id, "kind": "radioStation"},
                UserToken(listener.account_id, listener.music_user_token),
                priority=Priority.PLAYBACK,
                told_statuses=frozenset({_FORBIDDEN, _NOT_FOUND}),
            )
        )
        if isinstance(answer, Refused):
            raise _refused(answer, station_id, listener)
        results = answer.child("results") if answer else None
        if results is None:
            raise invalid_answer(Endpoint.PLAY_ASSETS, "it has no results")
        found = [
            StationStream(url, protected=any(asset.text(key) for key in _KEY_SERVERS))
            for asset in results.children("assets")
            if (url := asset.text("url"))
        ]
        return min(found, key=lambda each: each.protected, default=None)


def _refused(answer: Refused, station_id: str, listener: Listener) -> AppleMusicError:
    if answer.status == _NOT_FOUND:
        return NotFoundError(
            Reason.RESOURCE_NOT_FOUND,
            f"Apple has nothing to play under station {station_id!r}",
            metadata={"resourceType": "STATION", "id": station_id},
        )
    if answer.code == _SUBSCRIPTION_REQUIRED:
        return PermissionDeniedError(
            Reason.SUBSCRIPTION_REQUIRED,
            "the account has no active Apple Music subscription",
            metadata={"account": listener.account_id, "appleCode": answer.code},
        )
    return refusal(Endpoint.PLAY_ASSETS, answer.status, answer.code)
