"""Apple's playback side: what may be played, where it is, and its licence."""

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import timedelta

import msgspec

from applemusic_server.domain.errors import FailedPreconditionError, InternalError, Reason
from applemusic_server.domain.gateways import (
    DeveloperTokenSource,
    LicenseAnswer,
    Listener,
    PlaybackOffer,
)
from applemusic_server.upstream.addresses import Purpose
from applemusic_server.upstream.api_client import UserToken, decode_json, token_error
from applemusic_server.upstream.endpoints import Endpoint, Endpoints
from applemusic_server.upstream.error_body import read_fault
from applemusic_server.upstream.failures import invalid_answer, refusal
from applemusic_server.upstream.json_reader import JsonReader
from applemusic_server.upstream.playback_codes import CODES, playback_error
from applemusic_server.upstream.priority_gate import Priority
from applemusic_server.upstream.statuses import MOST_REDIRECTS
from applemusic_server.upstream.token_check import DeveloperTokenCheck
from applemusic_server.upstream.transport import Answer, Call, Transport

_MZPLAY = "/WebObjects/MZPlay.woa/wa"
_FLAVOR = "28:ctrp256"  # AAC 256 kbit/s under Common Encryption (reference: observed).
_SIMILAR_FLAVOR = re.compile(r"[0-9]{1,4}:ctrp[0-9]{1,6}")
_CODE = re.compile(r"-?[0-9]{1,10}")
_NO_FAILURE = frozenset({"", "0"})
_MOST_PLAYLIST_BYTES = 1024 * 1024
_MOST_OFFER_BYTES = 1024 * 1024
_LONGEST_LICENSE = 86_400  # Seconds; nothing plays for longer under one.
_MILLISECONDS = re.compile(r"[0-9]{1,9}", re.ASCII)  # Eleven days.
_OK = 200
_NOT_FOUND = 404
_UNAUTHORIZED = frozenset({401, 403})
# What Apple's own web player sends; the playback hosts look at it (reference: observed).
_BROWSER_HEADERS = {
    "Origin": "https://music.apple.com",
    "Referer": "https://music.apple.com/",
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/131.0.0.0 Safari/537.36",
    "Accept": "application/json",
    "Content-Type": "application/json;charset=utf-8",
}


class ApplePlayback:
    """Asks for playback; implements `PlaybackGateway`.

    Args:
        transport: The way out.
        endpoints: Where Apple is.
        developer_tokens: The developer token.
        check: Tells the tokens apart after a 401 or 403.
        priority: PLAYBACK for songs that somebody waits for.
    """

    def __init__(
        self,
        transport: Transport,
        endpoints: Endpoints,
        developer_tokens: DeveloperTokenSource,
        check: DeveloperTokenCheck,
        *,
        priority: Priority = Priority.PLAYBACK,
    ) -> None:
        self._priority = priority
        self._transport = transport
        self._offer_url = f"{endpoints.play_music}{_MZPLAY}/webPlayback"
        self._license_url = f"{endpoints.play}{_MZPLAY}/acquireWebPlaybackLicense"
        self._developer_tokens = developer_tokens
        self._check = check

    async def offer(self, song_id: str, listener: Listener) -> PlaybackOffer:
        """Ask to play a song.

        Raises:
            AppleMusicError: The reason of Apple's code, see `playback_codes`; RENDITION_NOT_FOUND
                when nothing that this server plays is offered.
        """
        is_library = song_id.startswith("i.")
        body: dict[str, object] = (
            {"universalLibraryId": song_id, "isLibrary": True}
            if is_library
            else {"salableAdamId": song_id}
        )
        answer = await self._post(Endpoint.WEB_PLAYBACK, self._offer_url, body, song_id, listener)
        song = next(answer.children("songList"), None)
        if song is None:
            raise _no_rendition(song_id, "Apple offers nothing to play")
        file_url, duration = _plain_file(song)
        return PlaybackOffer(
            song_id=song_id,
            license_id=song.identifier("songId") or song_id,
            playlist_url="" if file_url else _playlist_url(song, song_id),
            license_url=song.text("hls-key-server-url") or self._license_url,
            library=is_library,
            file_url=file_url,
            duration=duration,
        )

    async def playlist(self, offer: PlaybackOffer) -> str:
        """Return the text of the offer's playlist, at most 1 MiB. No token is sent."""
        answer = await self._transport.send(
            Call(
                Endpoint.PLAYLIST,
                offer.playlist_url,
                purpose=Purpose.MEDIA,
                priority=self._priority,
                most_bytes=_MOST_PLAYLIST_BYTES,
                redirects=MOST_REDIRECTS,
            )
        )
        if answer.status == _NOT_FOUND:
            raise _no_rendition(offer.song_id, "the playlist that Apple offers does not exist")
        if answer.status != _OK:
            raise refusal(Endpoint.PLAYLIST, answer.status, "")
        try:
            return answer.body.decode()
        except UnicodeDecodeError:
            raise invalid_answer(Endpoint.PLAYLIST, "it is not UTF-8") from None

    async def license(
        self, offer: PlaybackOffer, key_uri: str, challenge: bytes, listener: Listener
    ) -> LicenseAnswer:
        """Exchange a Widevine challenge for a licence.

        Raises:
            PermissionDeniedError: LICENSE_REFUSED, or the reason of Apple's code.
        """
        body: dict[str, object] = {
            "challenge": base64.b64encode(challenge).decode(),
            "key-system": "com.widevine.alpha",
            "uri": key_uri,
            "adamId": offer.license_id,
            "isLibrary": offer.library,
            "user-initiated": True,
        }
        endpoint = Endpoint.LICENSE
        answer = await self._post(endpoint, offer.license_url, body, offer.song_id, listener)
        try:
            license_message = base64.b64decode(answer.text("license"), validate=True)
        except (binascii.Error, ValueError):
            raise invalid_answer(endpoint, "the licence is not base64", "license") from None
        if not license_message:
            raise invalid_answer(endpoint, "it holds neither a licence nor a code")
        return LicenseAnswer(license_message, _renew_after(answer))

    async def _post(
        self,
        endpoint: Endpoint,
        url: str,
        body: Mapping[str, object],
        song_id: str,
        listener: Listener,
    ) -> JsonReader:
        """Post JSON and return the answer's object if Apple did not refuse in it.

        Both requests only ask, so they are safe to repeat.
        """
        token = self._developer_tokens.current(listener.account_id).value
        answer = await self._transport.send(
            Call(
                endpoint,
                url,
                method="POST",
                headers={
                    **_BROWSER_HEADERS,
                    "Authorization": f"Bearer {token.reveal()}",
                    "Media-User-Token": listener.music_user_token.reveal(),
                },
                body=msgspec.json.encode(body),
                priority=self._priority,
                settled_by=lambda answer: bool(_understood(answer, endpoint)[1]),
                most_bytes=_MOST_OFFER_BYTES,
            )
        )
        # Apple refuses with status 200 and a code; the status alone says little (observed).
        reader, code = _understood(answer, endpoint)
        if code:
            raise playback_error(code, endpoint, song_id=song_id, account_id=listener.account_id)
        if reader is not None and answer.status == _OK:
            self._check.accepted(token)
            return reader
        fault = read_fault(answer.body, endpoint)
        if answer.status in _UNAUTHORIZED:
            await self._check.require_good(token)
            user = UserToken(listener.account_id, listener.music_user_token)
            raise token_error(endpoint, answer.status, fault.code, user)
        raise refusal(endpoint, answer.status, fault.code)


def _renew_after(answer: JsonReader) -> timedelta | None:
    """Return when to ask for another licence; what is not understood is as good as nothing."""
    try:
        seconds = answer.whole("renew-after")
    except InternalError:
        return None
    return timedelta(seconds=min(seconds, _LONGEST_LICENSE)) if seconds > 0 else None


def _understood(answer: Answer, endpoint: Endpoint) -> tuple[JsonReader | None, str]:
    """Return the answer's object, and Apple's code as text, empty when there is none.

    With a status other than 200 the body need not be JSON: then there is no object.
    """
    try:
        reader = decode_json(answer, endpoint)
        return reader, _failure_code(reader, answer.status)
    except InternalError:
        if answer.status == _OK:
            raise
    return None, ""


def _failure_code(reader: JsonReader, status: int) -> str:
    """Return Apple's code; it comes as text and as number.

    With a status other than 200 only known codes count: `status` may repeat the one of HTTP.
    """
    for key in ("failureType", "errorCode", "status"):
        code = reader.identifier(key)
        is_code = code not in _NO_FAILURE and _CODE.fullmatch(code)
        if is_code and (status == _OK or code in CODES):
            return code
    return ""


def _plain_file(song: JsonReader) -> tuple[str, timedelta]:
    """The address of an upload's file and how long it plays; empty when renditions are offered.

    An upload is offered without a flavor (reference: 8.1, observed).
    """
    assets = list(song.children("assets"))
    if not assets or any(each.text("flavor") for each in assets):
        return "", timedelta(0)
    metadata = assets[0].child("metadata")
    said = metadata.identifier("duration") if metadata else ""
    milliseconds = int(said) if _MILLISECONDS.fullmatch(said) else 0
    return assets[0].text("URL"), timedelta(milliseconds=milliseconds)


def _playlist_url(song: JsonReader, song_id: str) -> str:
    """Choose the rendition: the flavor that clients play, else another one like it."""
    offered = {each.text("flavor"): each.text("URL") for each in song.children("assets")}
    if offered.get(_FLAVOR):
        return offered[_FLAVOR]
    similar = sorted(
        (flavor for flavor, url in offered.items() if url and _SIMILAR_FLAVOR.fullmatch(flavor)),
        key=lambda flavor: int(flavor.partition("ctrp")[2]),
    )
    if not similar:
        raise _no_rendition(song_id, "Apple offers no rendition under Common Encryption")
    return offered[similar[-1]]


def _no_rendition(song_id: str, why: str) -> FailedPreconditionError:
    return FailedPreconditionError(
        Reason.RENDITION_NOT_FOUND, f"{why} (song {song_id!r})", metadata={"id": song_id}
    )
