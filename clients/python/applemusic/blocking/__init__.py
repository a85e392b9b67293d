"""The client for scripts: the same methods as `applemusic.Client`, without `async`.

    from applemusic.blocking import Client

    with Client("127.0.0.1:50051") as music:
        for song in music.catalog.artist_top_songs("178834"):
            print(song.name)

Models, errors and settings are those of `applemusic`.
"""

from applemusic.blocking.audio_stream import AudioStream
from applemusic.blocking.client import Client
from applemusic.blocking.pager import Pager

__all__ = ["AudioStream", "Client", "Pager"]
