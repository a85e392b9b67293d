"""Where stations that are broadcast can be heard."""

from collections.abc import Sequence
from typing import Any

from applemusic_simulator import hosts
from applemusic_simulator.api.call import Answer, Call, Route
from applemusic_simulator.errors import AppleError, bad_parameter, not_found
from applemusic_simulator.model import Station
from applemusic_simulator.social.social import Social


class PlayAssetEndpoints:
    """`/v1/play/assets`.

    The addresses of live stations name key servers, as Apple's do: their streams are protected.
    A broadcast's stream has no protection.

    Args:
        social: Knows the stations.
    """

    def __init__(self, social: Social) -> None:
        self._social = social

    def routes(self) -> Sequence[Route]:
        """The one route; it needs a music user token."""
        return (Route("GET", "/play/assets", self._assets, listener=True),)

    def _assets(self, call: Call) -> Answer:
        item_id, kind = call.query.required("id"), call.query.required("kind")
        if kind not in ("radioStation", "song"):
            raise bad_parameter("kind", f"Invalid value '{kind}' for parameter 'kind'")
        if not call.listener.subscribed:
            raise AppleError(403, "40303", "Subscription required")
        station = self._social.radio.station(item_id) if kind == "radioStation" else None
        if station is None and kind == "radioStation":
            raise not_found()
        assets = [] if station is None else _assets_of(station, call.origin)
        return Answer({"results": {"assets": assets}})


def _assets_of(station: Station, origin: str) -> list[dict[str, Any]]:
    if not station.is_live:
        return []
    if station.provider:
        return [{"url": f"{origin}/{hosts.LIVE_RADIO}/broadcast/{station.id}/master.m3u8"}]
    keys = f"{origin}/{hosts.LINEAR}/v1/radio"
    certificates = f"{origin}/{hosts.PLAY}/WebObjects/MZPlay.woa/wa"
    return [
        {
            "url": f"{origin}/{hosts.LIVE_RADIO}/gl/{station.id}/index-cmaf.m3u8",
            "keyServerUrl": f"{keys}/streaming-key-delivery",
            "fairPlayKeyCertificateUrl": f"{certificates}/fpsCert",
            "widevineKeyCertificateUrl": f"{certificates}/widevineCert",
        }
    ]
