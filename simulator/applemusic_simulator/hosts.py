"""Which of Apple's hosts stands for what; each is a path prefix of the one loopback server."""

from aiohttp import web

API = "api.music.apple.com"
AMP_API = "amp-api.music.apple.com"
PLAY = "play.itunes.apple.com"
PLAY_MUSIC = "play.music.apple.com"
CDN = "aod.itunes.apple.com"
PREVIEWS = "audio-ssl.itunes.apple.com"
UPLOADS = "store-001.blobstore.apple.com"
ARTWORK = "is1-ssl.mzstatic.com"
LIVE_RADIO = "itsliveradio.apple.com"
LINEAR = "linear.tv.apple.com"
MUSICKIT = "js-cdn.music.apple.com"
AUTHORIZE = "authorize.music.apple.com"

_BY_NAME = {
    "api": API,
    "amp_api": AMP_API,
    "play": PLAY,
    "play_music": PLAY_MUSIC,
    "cdn": CDN,
    "previews": PREVIEWS,
    "uploads": UPLOADS,
    "artwork": ARTWORK,
    "live_radio": LIVE_RADIO,
    "linear": LINEAR,
    "musickit": MUSICKIT,
    "authorize": AUTHORIZE,
}


def base_urls(origin: str) -> dict[str, str]:
    """The address that replaces `https://<host>` for each host, by short name.

    `next` and `href` are root-relative as Apple words them (`/v1/...`): append them to the base
    address, do not resolve them against it.
    """
    return {name: f"{origin}/{host}" for name, host in _BY_NAME.items()}


def origin_of(request: web.Request) -> str:
    """The address by which this client reached the simulator, for URLs in an answer."""
    return f"{request.scheme}://{request.host}"
