"""Refusals of playback: HTTP 200 and a number in the body (reference 8.2)."""

from aiohttp import web

NOT_FOUND = 1010
SESSION_ENDED = 2002
TOKEN_EXPIRED = 2034
NO_SUBSCRIPTION = 3063
UNAVAILABLE = 3076
RESTRICTED = 3082
SERVER_ERROR = 5002

_MESSAGES = {
    -1004: "You have reached the device limit.",
    -1017: "This content is not available in your country or region.",
    NOT_FOUND: "The item you requested could not be found.",
    SESSION_ENDED: "Your session has ended. Sign in again.",
    TOKEN_EXPIRED: "Your session has expired.",
    NO_SUBSCRIPTION: "An Apple Music subscription is required.",
    UNAVAILABLE: "This song is unavailable.",
    RESTRICTED: "Explicit content is turned off.",
    3084: "Another device is playing.",
    SERVER_ERROR: "An unexpected error has occurred.",
}


class PlaybackRefusedError(Exception):
    """Apple would not let this be played.

    Args:
        code: Apple's number, e.g. 3076.
    """

    def __init__(self, code: int) -> None:
        super().__init__(f"playback refused: {code}")
        self.code = code


def playback_failure(code: int, *, as_number: bool = False) -> web.Response:
    """What webPlayback answers; `failureType` is a string in most reports, a number in one."""
    return web.json_response(
        {
            "failureType": code if as_number else str(code),
            "status": code,
            "customerMessage": _MESSAGES.get(code, "This song cannot be played."),
        }
    )


def licence_failure(code: int) -> web.Response:
    """What the licence endpoint answers."""
    return web.json_response({"license": "", "errorCode": code, "status": code})
