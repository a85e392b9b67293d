"""A music provider for Music Assistant whose songs are silence, ready at once: the least there is.

Song `n` lasts `n // 100` seconds. `pcm` before the number asks for bare samples; else it is AAC in
fragmented MP4 as `SILENT_MUSIC_FILE` holds it, in the form in which most services send songs.
"""

import asyncio
import os
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any, Final

from music_assistant.models.music_provider import MusicProvider
from music_assistant_models import media_items as ma
from music_assistant_models.enums import ContentType, MediaType, StreamType
from music_assistant_models.streamdetails import StreamDetails

_SAMPLE_RATE: Final = 44100
_CHUNK: Final = 32768


async def setup(mass: Any, manifest: Any, config: Any) -> "Provider":
    """Return the provider."""
    return Provider(mass, manifest, config, set())


async def get_config_entries(*_: Any, **__: Any) -> tuple[()]:
    """Return no settings."""
    return ()


class Provider(MusicProvider):
    """Songs of silence."""

    async def handle_async_init(self) -> None:
        """Read the file, so that no song has to."""
        path = Path(os.environ["SILENT_MUSIC_FILE"])
        self._silence = await asyncio.to_thread(path.read_bytes)

    async def get_track(self, prov_track_id: str) -> ma.Track:
        """Return a song."""
        return ma.Track(
            item_id=prov_track_id,
            provider=self.instance_id,
            name=f"Silence {prov_track_id}",
            duration=_seconds(prov_track_id),
            artists=ma.UniqueList(
                [
                    ma.ItemMapping(
                        media_type=MediaType.ARTIST,
                        item_id="nobody",
                        provider=self.instance_id,
                        name="Nobody",
                    )
                ]
            ),
            provider_mappings={
                ma.ProviderMapping(
                    item_id=prov_track_id,
                    provider_domain=self.domain,
                    provider_instance=self.instance_id,
                )
            },
        )

    async def get_artist(self, prov_artist_id: str) -> ma.Artist:
        """Return nobody."""
        return ma.Artist(
            item_id=prov_artist_id,
            provider=self.instance_id,
            name="Nobody",
            provider_mappings={
                ma.ProviderMapping(
                    item_id=prov_artist_id,
                    provider_domain=self.domain,
                    provider_instance=self.instance_id,
                )
            },
        )

    async def get_stream_details(self, item_id: str, media_type: MediaType) -> StreamDetails:
        """Return how it is streamed."""
        bare = item_id.startswith("pcm")
        kinds = (
            {"content_type": ContentType.PCM_S16LE, "sample_rate": _SAMPLE_RATE, "bit_depth": 16}
            if bare
            else {"content_type": ContentType.MP4, "codec_type": ContentType.AAC}
        )
        return StreamDetails(
            provider=self.instance_id,
            item_id=item_id,
            audio_format=ma.AudioFormat(channels=2, **kinds),
            media_type=MediaType.TRACK,
            stream_type=StreamType.CUSTOM,
            duration=_seconds(item_id),
            allow_seek=False,
            can_seek=False,
        )

    async def get_audio_stream(
        self, streamdetails: StreamDetails, seek_position: int = 0
    ) -> AsyncGenerator[bytes, None]:
        """Yield silence."""
        data = self._silence
        if streamdetails.item_id.startswith("pcm"):
            data = bytes(_seconds(streamdetails.item_id) * _SAMPLE_RATE * 4)
        for start in range(0, len(data), _CHUNK):
            yield data[start : start + _CHUNK]


def _seconds(item_id: str) -> int:
    return int(item_id.removeprefix("pcm")) // 100
