"""Make a party playlist in your library: songs of artists that you name, and of artists like them.

    python examples/party_playlist.py "Casimir Fenwright" "Vesna Quillon" --minutes 45 --clean

The token for a server that wants one is in APPLEMUSIC_TOKEN.
"""

import argparse
import os
import random
import sys
from collections.abc import Iterable, Iterator
from datetime import timedelta

from applemusic import Artist, ResourceType, Song
from applemusic.blocking import Client
from applemusic.errors import AppleMusicError
from applemusic.models import Availability, ContentRating


def artist_named(music: Client, name: str) -> Artist:
    """Return the artist that a name means first."""
    found = music.catalog.search(name, types=[ResourceType.ARTIST], page_size=1).artists
    if not found:
        sys.exit(f"no artist is called {name!r}")
    return found[0]


def candidates(music: Client, names: Iterable[str]) -> Iterator[Song]:
    """Yield what these artists are known for, then what artists like them are."""
    artists = [artist_named(music, name) for name in names]
    for artist in artists:
        yield from music.catalog.artist_top_songs(artist.id).to_list(15)
    for artist in artists:
        for similar in music.catalog.similar_artists(artist.id).to_list(4):
            yield from music.catalog.artist_top_songs(similar.id).to_list(5)


def chosen(songs: Iterable[Song], *, clean: bool, wanted: timedelta) -> list[Song]:
    """Return songs that play, each recording once, until there are enough."""
    once: dict[str, Song] = {}
    total = timedelta()
    for song in songs:
        plays = song.availability is Availability.CATALOG
        explicit = song.content_rating is ContentRating.EXPLICIT
        if plays and not (clean and explicit) and song.isrc not in once and total < wanted:
            once[song.isrc] = song
            total += song.duration
    return list(once.values())


def mixed(songs: Iterable[Song]) -> list[Song]:
    """Return songs in any order, the same artist not twice in a row while there are others."""
    left = list(songs)
    random.shuffle(left)
    order: list[Song] = []
    while left:
        last = order[-1].artist_name if order else ""
        index = next((i for i, song in enumerate(left) if song.artist_name != last), 0)
        order.append(left.pop(index))
    return order


def main() -> None:
    """Make the playlist and say what is in it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("artists", nargs="+", help="artists that the guests like")
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--name", default="Party")
    parser.add_argument("--clean", action="store_true", help="nothing explicit")
    parser.add_argument("--server", default="127.0.0.1:50051")
    options = parser.parse_args()
    wanted = timedelta(minutes=options.minutes)
    token = os.environ.get("APPLEMUSIC_TOKEN", "")
    with Client(options.server, access_token=token) as music:
        songs = chosen(candidates(music, options.artists), clean=options.clean, wanted=wanted)
        playlist = music.library.create_playlist(options.name, tracks=mixed(songs))
        for track in music.library.playlist_tracks(playlist.id):
            print(f"{track.artist_name}: {track.name}")
    print(f"{len(songs)} songs are in {playlist.name!r} ({playlist.id})", file=sys.stderr)


if __name__ == "__main__":
    try:
        main()
    except AppleMusicError as error:
        sys.exit(str(error))
