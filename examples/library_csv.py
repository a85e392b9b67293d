"""Write the songs of your library as CSV, for a spreadsheet or another program.

    python examples/library_csv.py > songs.csv

The token for a server that wants one is in APPLEMUSIC_TOKEN.
"""

import argparse
import csv
import os
import sys
from collections.abc import Iterator

from applemusic import Song
from applemusic.blocking import Client
from applemusic.errors import AppleMusicError

COLUMNS = (
    *("library_id", "catalog_id", "name", "artist", "album", "disc", "track", "seconds"),
    *("isrc", "released", "added", "favorite", "availability"),
)


def row(song: Song) -> Iterator[object]:
    """Yield a song's cells; what is not known is empty."""
    yield from (song.library_id, song.catalog_id, song.name, song.artist_name, song.album_name)
    yield from (song.disc_number or "", song.track_number or "")
    yield round(song.duration.total_seconds(), 3)
    yield song.isrc
    yield song.release_date or ""
    yield song.date_added.isoformat() if song.date_added else ""
    yield from (song.favorite_state.name.lower(), song.availability.name.lower())


def main() -> None:
    """Write all songs, page by page, and say on standard error how far it is."""
    parser = argparse.ArgumentParser(description="Write the songs of your library as CSV.")
    parser.add_argument(
        "--account", default="", help="whose library; needed where there are several"
    )
    parser.add_argument("--server", default="127.0.0.1:50051")
    options = parser.parse_args()
    token = os.environ.get("APPLEMUSIC_TOKEN", "")
    table = csv.writer(sys.stdout)
    table.writerow(COLUMNS)
    count = 0
    with Client(options.server, access_token=token) as music:
        for page in music.library.songs(account=options.account).pages():
            table.writerows(row(song) for song in page)
            count += len(page)
            print(f"\r{count} of {page.total_count} songs", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)


if __name__ == "__main__":
    try:
        main()
    except AppleMusicError as error:
        sys.exit(str(error))
