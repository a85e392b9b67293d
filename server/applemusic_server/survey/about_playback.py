"""What Apple offers to play: the offer, the playlist and the head of the file.

No licence is asked for, no audio is fetched, and nothing of it is kept.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from applemusic_server.domain.errors import AppleMusicError
from applemusic_server.media.address_expiry import expire_time
from applemusic_server.survey.answer import Answer, judged
from applemusic_server.survey.asking import Reply, at
from applemusic_server.survey.file_facts import FileFacts, read_head
from applemusic_server.survey.playlist_facts import PlaylistFacts, read_playlist
from applemusic_server.survey.questions import Survey
from applemusic_server.survey.words import (
    code_word,
    flavor_words,
    host_word,
    kind_word,
    member_words,
)

_FLAVOR: Final = "28:ctrp256"
_LICENSE_PATH: Final = "/WebObjects/MZPlay.woa/wa/acquireWebPlaybackLicense"
# The head of a file takes 1 to 2 kB, with an index a little more.
_HEAD_BYTES: Final = 2048
_MOST_HEAD_BYTES: Final = 65_536
_NO_SONG: Final = "1"
_SONGS_TRIED: Final = 3
_FRAGMENT_SECONDS: Final = 15.0
_IV_BYTES: Final = 8
_PART: Final = 206

_OFFER: Final = "webPlayback offers the rendition 28:ctrp256, and a licence where it always was."
_REFUSAL: Final = "webPlayback refuses with status 200 and a failureType that is text."
_PLAYLIST: Final = (
    "The playlist is one media playlist of byte ranges of one file, with one key for Widevine that "
    "has METHOD ISO-23001-7 and no KEYFORMAT."
)
_FRAGMENTS: Final = "Segments last 15 s (6 and 10 s were seen by others)."
_IV: Final = "Initialisation vectors have 8 bytes in the file (the server reads 8 and 16)."
_INDEX: Final = "There is no sidx box before the first fragment."
_PRIMING: Final = "An edit list says how much at the beginning is not to be heard."
_RANGES: Final = "The file server answers ranges (206), tells the size and a strong ETag."
_ADDRESS: Final = "A file's address is asked for without a token."


async def about_playback(survey: Survey, now: datetime) -> list[Answer]:
    """Return what is said of playback; changes nothing."""
    refusal = await _refusal(survey)
    song, reply = await _offer(survey)
    offer = _about_offer(song, reply)
    url = _address(song)
    if not url:
        nothing = ("there was no rendition to look at",)
        names = {
            "playback.playlist": _PLAYLIST,
            "playback.fragments": _FRAGMENTS,
            "playback.iv": _IV,
            "playback.sidx": _INDEX,
            "playback.priming": _PRIMING,
            "playback.ranges": _RANGES,
            "playback.address": _ADDRESS,
        }
        missing = [judged(name, text, holds=None, seen=nothing) for name, text in names.items()]
        return [offer, refusal, *missing]
    playlist = await _fetched(survey, url)
    facts = read_playlist(playlist.body.decode("utf-8", "replace"), url)
    head = await _head(survey, facts)
    return [offer, refusal, *_about_playlist(playlist, facts), *_about_file(head, facts, now)]


async def _offer(survey: Survey) -> tuple[Mapping[str, Any], Reply]:
    """Ask for the first song that is offered; what was said last where none is."""
    reply = Reply(0)
    for song_id in survey.songs[:_SONGS_TRIED]:
        reply = await survey.asker.player("webPlayback", {"salableAdamId": song_id})
        song = at(reply.json, "songList", 0)
        if isinstance(song, dict):
            return song, reply
    return {}, reply


async def _refusal(survey: Survey) -> Answer:
    reply = await survey.asker.player("webPlayback", {"salableAdamId": _NO_SONG})
    failure = reply.json.get("failureType")
    return judged(
        "playback.refusal",
        _REFUSAL,
        holds=(reply.status, kind_word(failure)) == (200, "text") if reply.status else None,
        seen=(
            f"a song that there is not: {reply.shape}",
            f"failureType: {kind_word(failure)}, code {code_word(failure)}",
        ),
    )


def _about_offer(song: Mapping[str, Any], reply: Reply) -> Answer:
    assets = [each for each in at(song, "assets") or () if isinstance(each, dict)]
    flavors = [str(each.get("flavor")) for each in assets]
    license_url = song.get("hls-key-server-url")
    path = urlsplit(license_url).path if isinstance(license_url, str) else ""
    refusal = reply.json.get("failureType")
    seen = [reply.shape]
    if refusal is not None:
        seen.append(f"refused, code {code_word(refusal)}")
    if song:
        usual = "the usual path" if path.endswith(_LICENSE_PATH) else "another path"
        seen += [
            f"renditions: {flavor_words(flavors)}",
            f"a song's members: {member_words(song)}",
            f"a rendition's members: {member_words(assets[0]) if assets else 'none'}",
            f"licence: host {host_word(license_url)}, {usual}",
            f"playlist: host {host_word(_address(song))}",
        ]
    return judged(
        "playback.offer",
        _OFFER,
        holds=_FLAVOR in flavors and path.endswith(_LICENSE_PATH) if song else None,
        seen=seen,
    )


def _address(song: Mapping[str, Any]) -> str:
    for asset in at(song, "assets") or ():
        url = asset.get("URL") if isinstance(asset, dict) else None
        if isinstance(url, str) and asset.get("flavor") == _FLAVOR:
            return url
    return ""


async def _fetched(survey: Survey, url: str, first_bytes: int | None = None) -> Reply:
    try:
        return await survey.asker.media(url, first_bytes)
    except AppleMusicError:  # not an address that this server fetches from
        return Reply(0)


async def _head(survey: Survey, facts: PlaylistFacts) -> Reply:
    if not facts.file_url:
        return Reply(0)
    first = facts.first_offset or _HEAD_BYTES
    return await _fetched(survey, facts.file_url, min(first, _MOST_HEAD_BYTES))


def _about_playlist(playlist: Reply, facts: PlaylistFacts) -> list[Answer]:
    usual = [each for each in facts.keys if each.startswith("METHOD ISO-23001-7, no KEYFORMAT")]
    return [
        judged(
            "playback.playlist",
            _PLAYLIST,
            holds=facts.read is not None and len(usual) == 1 if playlist.ok else None,
            seen=[f"status {playlist.status}", *facts.structure()],
        ),
        judged(
            "playback.fragments",
            _FRAGMENTS,
            holds=abs(facts.usual_duration - _FRAGMENT_SECONDS) < 1 if facts.durations else None,
            seen=facts.fragments(),
        ),
    ]


def _about_file(head: Reply, playlist: PlaylistFacts, now: datetime) -> list[Answer]:
    facts = read_head(head.body) if head.ok else FileFacts()
    order = f"boxes: {', '.join(facts.boxes) or 'none'}"
    inside = f"in moov: {', '.join(facts.inside) or 'none of elst, pssh, sgpd, mehd'}"
    return [
        judged(
            "playback.iv",
            _IV,
            holds=None if facts.iv_size is None else facts.iv_size == _IV_BYTES,
            seen=(
                *facts.encryption(),
                "whether samples are encrypted whole stands in the fragments, which are not read",
            ),
        ),
        judged(
            "playback.sidx",
            _INDEX,
            holds=not facts.has_index if facts.boxes else None,
            seen=(order, inside),
        ),
        judged(
            "playback.priming",
            _PRIMING,
            holds="elst" in facts.inside if facts.boxes else None,
            seen=facts.sound(),
        ),
        _about_ranges(head, playlist),
        judged(
            "playback.address",
            _ADDRESS,
            holds=head.ok if head.status else None,
            seen=(f"answer without a token: {head.status}", *_signed(playlist.file_url, now)),
        ),
    ]


def _about_ranges(head: Reply, playlist: PlaylistFacts) -> Answer:
    total = head.headers.get("content-range", "").rpartition("/")[2]
    size = int(total) if total.isascii() and total.isdigit() else None
    expected = playlist.read.total_bytes if playlist.read is not None else None
    strong = head.headers.get("etag", "").startswith('"')
    same = (
        "as long as the playlist says" if size == expected else "not as long as the playlist says"
    )
    return judged(
        "playback.ranges",
        _RANGES,
        holds=head.status == _PART and size is not None and strong if head.status else None,
        seen=(
            f"status {head.status}, {'a strong' if strong else 'no strong'} ETag",
            f"size {'told' if size is not None else 'not told'}, {same}",
        ),
    )


def _signed(url: str, now: datetime) -> list[str]:
    parts = urlsplit(url)
    end = expire_time(url)
    said = [
        f"host {host_word(url)}, {'with' if parts.query else 'without'} a query",
        "no end of the address is told",
    ]
    if end is not None:
        said[1] = f"the address ends in {(end - now).total_seconds() / 3600:.1f} h"
    return said
