"""Who wants to play what, and whether they may."""

from aiohttp import web

from applemusic_simulator.access import USER_TOKEN_HEADERS
from applemusic_simulator.accounts import Account
from applemusic_simulator.errors import AppleError
from applemusic_simulator.library.items import LibrarySong, Origin
from applemusic_simulator.model import Song
from applemusic_simulator.playback.failures import (
    NO_SUBSCRIPTION,
    NOT_FOUND,
    RESTRICTED,
    SESSION_ENDED,
    TOKEN_EXPIRED,
    UNAVAILABLE,
    PlaybackRefusedError,
)
from applemusic_simulator.user_tokens import TokenState, UserToken
from applemusic_simulator.world import World


def token_of(request: web.Request, world: World) -> UserToken | None:
    """Return the music user token of a request, whatever has become of it."""
    for name in USER_TOKEN_HEADERS:
        if name in request.headers:
            return world.user_tokens.find(request.headers[name].strip())
    return None


def listener_of(request: web.Request, world: World) -> Account:
    """Return who is listening.

    Raises:
        AppleError: 401: the developer token is refused.
        PlaybackRefusedError: The music user token is: 2034 when it can be renewed, else 2002.
    """
    try:
        return world.access.listener(request)
    except AppleError as error:
        if error.status != web.HTTPForbidden.status_code:
            raise
        token = token_of(request, world)
        expired = token is not None and token.state(world.clock()) is TokenState.EXPIRED
        code = TOKEN_EXPIRED if expired else SESSION_ENDED
        raise PlaybackRefusedError(code) from error


def library_song(world: World, account: Account, library_id: str) -> LibrarySong:
    """Return a song of this listener's library that can be played from there.

    Raises:
        PlaybackRefusedError: 1010 not in the library, 3063 without a subscription, 3076 bought or
            withdrawn, so that neither the catalogue nor the cloud has it.
    """
    found = world.libraries.of(account.id).song(library_id)
    if found is None:
        raise PlaybackRefusedError(NOT_FOUND)
    if not account.subscribed:
        raise PlaybackRefusedError(NO_SUBSCRIPTION)
    if found.origin is not Origin.UPLOAD and found.catalog_id not in world.catalogue.songs:
        raise PlaybackRefusedError(UNAVAILABLE)
    return found


def playable_song(world: World, account: Account, song_id: str) -> Song:
    """Return a song that this listener may play now.

    Raises:
        PlaybackRefusedError: 1010 unknown, 3076 withdrawn, 3063 without a subscription, 3082
            explicit for one who turned that off.
    """
    song = world.catalogue.songs.get(song_id)
    if song is None:
        raise PlaybackRefusedError(NOT_FOUND)
    if not account.subscribed:
        raise PlaybackRefusedError(NO_SUBSCRIPTION)
    if not song.playable:
        raise PlaybackRefusedError(UNAVAILABLE)
    if song.content_rating == "explicit" and not account.explicit_allowed:
        raise PlaybackRefusedError(RESTRICTED)
    return song
