"""What tests of prepared songs do again and again."""

from typing import Any

from applemusic_server.domain.audio import AudioContainer, Preparation
from applemusic_server.domain.prepared import PreparedAudio
from tests.support.play import Stage


async def prepare(
    stage: Stage, *song_ids: str, account: str = "", container: AudioContainer = AudioContainer.FMP4
) -> tuple[PreparedAudio, ...]:
    return await stage.preparer.prepare(account, song_ids, container)


async def states(stage: Stage, account: str = "") -> list[tuple[str, Preparation]]:
    found = await stage.preparer.prepared(account)
    return [(each.song_id, each.preparation) for each in found]


async def play(stage: Stage, **request: Any) -> tuple[float, Any, bytes]:
    """Play to the end: seconds to the first byte, header, audio."""
    began = stage.clock.now
    heard = await stage._hear(stage.stream(**request), lambda _: 0.0)
    assert heard.error is None, heard.error
    return heard.timed_chunks[0][0] - began, heard.header, heard.data


def asked(stage: Stage) -> int:
    return sum(stage.apple.calls.values())
