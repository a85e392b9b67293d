"""AudioService: a function for each RPC."""

from applemusic import AudioContainer, Client


async def audio_stream(music: Client) -> None:
    following = ["1603789151"]  # is ready when this song ends
    async with music.audio.stream("1603789145", next_song_ids=following) as stream:
        print(stream.header.mime_type, stream.header.duration)
        async for chunk in stream:  # bytes, for a player's standard input
            print(chunk.media_offset, chunk.byte_offset, len(chunk))
        print("first byte after", stream.summary.first_byte_duration)


async def prepare_audio(music: Client) -> None:
    songs = ["1603789151", "1603789145"]  # the next first
    for prepared in await music.audio.prepare(songs, container=AudioContainer.FMP4):
        print(prepared.song_id, prepared.preparation)


async def list_prepared_audio(music: Client) -> None:
    prepared = await music.audio.prepared()
    print(len(prepared), "songs:", [each.song_id for each in prepared])
