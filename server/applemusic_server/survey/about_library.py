"""What Apple says of libraries and of mistakes in questions."""

from typing import Final

from applemusic_server.survey.answer import Answer, judged
from applemusic_server.survey.asking import Reply, at
from applemusic_server.survey.questions import Survey
from applemusic_server.survey.words import kind_word, member_words, parameter_word

_SONGS: Final = "/v1/me/library/songs"
_NO_SONG: Final = "i.00000000000000"
_NOT_FOUND, _BAD = 404, 400
_BAD_VALUE: Final = "40005"


async def about_library(survey: Survey) -> list[Answer]:
    """Return what is said of libraries and errors; changes nothing."""
    return [
        *await _songs(survey),
        await _past_the_end(survey),
        await _unknown(survey),
        await _limit(survey),
        await _language(survey),
        await _artist_favorites(survey),
    ]


async def _songs(survey: Survey) -> list[Answer]:
    """Open question (d): is there a date for songs?"""
    reply = await survey.asker.api(_SONGS, {"limit": "1", "extend": "dateAdded"})
    total = at(reply.json, "meta", "total")
    song = at(reply.json, "data", 0, "attributes")
    is_there = isinstance(song, dict)
    date = kind_word(at(song, "dateAdded"))
    return [
        judged(
            "library.total",
            "Lists of the library say how long they are (meta.total).",
            holds=isinstance(total, int) if reply.ok else None,
            seen=(reply.shape, f"meta.total: {kind_word(total)}"),
        ),
        judged(
            "library.song_dates",
            "extend=dateAdded gives the time at which a song came into the library.",
            holds=date == "text" if is_there else None,
            seen=(
                f"dateAdded: {date}; a song's attributes: {member_words(song)}"
                if is_there
                else "no song in the library",
            ),
        ),
    ]


async def _past_the_end(survey: Survey) -> Answer:
    songs = await survey.asker.api(_SONGS, {"offset": "1000000"})
    folder = "/v1/me/library/playlist-folders/p.playlistsroot/children"
    children = await survey.asker.api(folder, {"offset": "100000"})
    return judged(
        "library.past_end",
        "A list that is asked for past its end is 404 with code 40403, or an empty list; never "
        "another answer.",
        holds=all(
            (each.status == _NOT_FOUND and each.code == "40403")
            or (each.ok and at(each.json, "data") == [])
            for each in (songs, children)
        ),
        seen=(f"songs: {songs.shape}", f"children of the root folder: {children.shape}"),
    )


async def _unknown(survey: Survey) -> Answer:
    library = await survey.asker.api(f"{_SONGS}/{_NO_SONG}")
    playlist = await survey.asker.api("/v1/me/library/playlists/p.00000000000000")
    catalog = await survey.asker.api(f"/v1/catalog/{survey.storefront}/songs/1", user=False)
    return judged(
        "error.unknown_id",
        "An id that there is not is 404 with code 40400, or an empty list.",
        holds=all(_is_nothing(each) for each in (library, playlist, catalog)),
        seen=(
            f"song of the library: {_nothing(library)}",
            f"playlist of the library: {_nothing(playlist)}",
            f"song of the catalog: {_nothing(catalog)}",
        ),
    )


async def _limit(survey: Survey) -> Answer:
    library = await survey.asker.api(_SONGS, {"limit": "101"})
    path = f"/v1/catalog/{survey.storefront}/search"
    search = await survey.asker.api(path, {"term": "a", "types": "songs", "limit": "26"})
    return judged(
        "error.limit",
        "A limit that is too high is 400 with code 40005 about the parameter: above 100 for the "
        "library, above 25 for search.",
        holds=all(_is_about(each, "limit") for each in (library, search)),
        seen=(f"library, 101: {_faulty(library)}", f"search, 26: {_faulty(search)}"),
    )


async def _language(survey: Survey) -> Answer:
    path = f"/v1/storefronts/{survey.storefront}"
    reply = await survey.asker.api(path, {"l": "xx"}, user=False)
    return judged(
        "error.language",
        "A language that Apple does not know is 400 with code 40005 about the parameter l.",
        holds=_is_about(reply, "l"),
        seen=(_faulty(reply),),
    )


async def _artist_favorites(survey: Survey) -> Answer:
    fields = {"ids": "1", "extend": "inFavorites", "fields[artists]": "name,inFavorites"}
    reply = await survey.asker.api(f"/v1/catalog/{survey.storefront}/artists", fields)
    return judged(
        "favorites.artists_read",
        "Whether an artist is a favorite can be read with both tokens (inFavorites).",
        holds=reply.ok or reply.status == _NOT_FOUND,
        seen=(f"an artist that there is not: {reply.shape}",),
    )


def throttling(replies: list[Reply], asked: int) -> Answer:
    """Open question (f): what a 429 is like, if there was one."""
    seen = [f"{len(replies)} of {asked} requests were answered with 429"]
    for reply in replies[:2]:
        header = "with" if "retry-after" in reply.headers else "without"
        seen.append(f"{reply.shape}; {header} Retry-After")
    return judged(
        "error.throttled",
        "A 429 comes without Retry-After, and its body tells nothing.",
        holds=all("retry-after" not in each.headers for each in replies) if replies else None,
        seen=seen,
    )


def _is_nothing(reply: Reply) -> bool:
    missing = reply.status == _NOT_FOUND and reply.code in ("40400", "")
    return missing or (reply.ok and at(reply.json, "data") == [])


def _nothing(reply: Reply) -> str:
    if reply.ok and isinstance(data := at(reply.json, "data"), list):
        return f"{reply.status} with {len(data)} in the list"
    return reply.shape


def _is_about(reply: Reply, parameter: str) -> bool:
    source = at(reply.json, "errors", 0, "source", "parameter")
    return (reply.status, reply.code, source) == (_BAD, _BAD_VALUE, parameter)


def _faulty(reply: Reply) -> str:
    source = at(reply.json, "errors", 0, "source", "parameter")
    about = f", about {parameter_word(source)}" if source is not None else ""
    return f"{reply.shape}{about}"
