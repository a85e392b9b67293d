"""Beginning elsewhere: by time, and by every kind of byte."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from applemusic_server.domain.audio import AudioContainer
from applemusic_server.domain.errors import Reason
from applemusic_server.media.tuning import Tuning
from tests.support.cenc import Packaged, packets, remux_to_adts
from tests.support.play import Heard, Stage

BOTH = [AudioContainer.FMP4, AudioContainer.ADTS]
FEW = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
NewStage = Callable[..., Stage]


def first_sample(whole: Heard, offset: int) -> timedelta:
    """The media offset of the last chunk that begins at or before a byte: a lower bound."""
    return max(chunk.media_offset for chunk in whole.chunks if chunk.byte_offset <= offset)


@pytest.mark.parametrize("container", BOTH)
async def test_a_time_begins_with_its_fragment(
    stage: Stage, play_song: Packaged, play_clear: bytes, container: AudioContainer
) -> None:
    begun = stage.clock.now
    heard = await stage.hear(container=container, start_offset=timedelta(seconds=17.5))
    fragment = play_song.fragments[3][0]
    assert heard.error is None
    # As fast as from the beginning: init segment, fragment and licence at the same time.
    assert heard.timed_chunks[0][0] - begun == pytest.approx(0.24)
    assert heard.header.byte_offset == heard.chunks[0].byte_offset == 0
    # Fragments are whole frames, so they begin near their 5 seconds.
    assert heard.header.start_offset.total_seconds() == pytest.approx(15, abs=0.06)
    assert heard.chunks[0].media_offset == heard.header.start_offset
    every = packets(play_clear)
    if container is AudioContainer.ADTS:
        assert remux_to_adts(play_clear).endswith(heard.data)
    else:
        assert heard.data.endswith(play_song.clean[fragment:])
        assert packets(heard.data) == every[-len(packets(heard.data)) :]
        assert heard.header.total_bytes == len(heard.data)
        assert b"sidx" in play_song.clean[:fragment]
        assert b"sidx" not in heard.data  # it would point into the whole file


async def test_an_index_in_the_init_segment_is_hidden(
    new_stage: NewStage, play_song: Packaged
) -> None:
    def other() -> Stage:
        stage = new_stage()
        old, new = f'"{play_song.init_end}@0"', f'"{play_song.fragments[0][0]}@0"'
        stage.apple.playlist_text = play_song.playlist(40.0).replace(old, new)
        return stage

    init = play_song.clean[: play_song.fragments[0][0]]
    late = await other().hear(start_offset=timedelta(seconds=12))
    assert b"sidx" in init
    assert late.data.startswith(init.replace(b"sidx", b"free"))
    assert (await other().hear()).data.startswith(init)
    for offset in (len(init) - 40, len(init)):
        rest = await other().hear(byte_offset=offset, etag=late.header.etag)
        assert rest.data == late.data[offset:]


async def test_time_0_is_the_beginning(stage: Stage, play_song: Packaged) -> None:
    heard = await stage.hear(start_offset=timedelta(0))
    assert heard.data == play_song.clean


@FEW
@given(data=st.data())
@pytest.mark.parametrize("container", BOTH)
@pytest.mark.parametrize("start", [None, timedelta(seconds=12)])
async def test_a_resume_continues_the_bytes(
    new_stage: NewStage, data: st.DataObject, container: AudioContainer, start: timedelta | None
) -> None:
    whole = await new_stage().hear(container=container, start_offset=start)
    assert whole.error is None
    offset = data.draw(
        st.one_of(
            st.integers(0, len(whole.data) - 1),
            st.sampled_from([chunk.byte_offset for chunk in whole.chunks]),
            st.integers(0, 8000),
            st.integers(len(whole.data) - 2000, len(whole.data) - 1),
        )
    )
    rest, trickle = [
        await stage.hear(container=container, byte_offset=offset, etag=whole.header.etag)
        for stage in (new_stage(), new_stage(piece=700))
    ]
    assert rest.error is None
    assert rest.data == trickle.data == whole.data[offset:]
    # How the network cuts the bytes changes nothing.
    assert trickle.header == rest.header
    assert rest.header.byte_offset == rest.chunks[0].byte_offset == offset
    assert rest.header.etag == whole.header.etag
    assert rest.header.total_bytes == whole.header.total_bytes
    assert rest.chunks[0].media_offset == rest.header.start_offset
    assert rest.header.start_offset >= first_sample(whole, offset)
    for chunk in rest.chunks:
        same = [each for each in whole.chunks if each.byte_offset == chunk.byte_offset]
        assert all(each.media_offset == chunk.media_offset for each in same)


async def test_a_resume_fetches_hardly_more_than_it_needs(
    stage: Stage, play_song: Packaged
) -> None:
    offset = play_song.fragments[5][0] + 70_000
    heard = await stage.hear(byte_offset=offset)
    assert stage.apple.ranges[:2] == [
        (0, play_song.init_end),
        (play_song.fragments[5][0], play_song.fragments[5][0] + Tuning().first_range_bytes),
    ]
    assert heard.data == play_song.clean[offset:]


async def test_an_adts_resume_reads_heads_only(stage: Stage, play_song: Packaged) -> None:
    whole = await stage.hear(container=AudioContainer.ADTS)
    stage.apple.ranges.clear()
    offset = len(whole.data) - 100
    rest = await stage.hear(container=AudioContainer.ADTS, byte_offset=offset)
    assert rest.data == whole.data[-100:]
    heads = stage.apple.ranges[1:9]
    assert [start for start, _ in heads] == [start for start, _ in play_song.fragments]
    assert all(end and end - start <= 16 * 1024 for start, end in heads)


@pytest.mark.parametrize("container", BOTH)
@pytest.mark.parametrize("more", [0, 1, 1 << 40])
@pytest.mark.parametrize("start", [None, timedelta(seconds=12)])
async def test_at_and_past_the_end(
    new_stage: NewStage, container: AudioContainer, more: int, start: timedelta | None
) -> None:
    whole = await new_stage().hear(container=container, start_offset=start)
    stage = new_stage()
    heard = await stage.hear(
        container=container, byte_offset=len(whole.data) + more, etag=whole.header.etag
    )
    assert heard.reason is Reason.OFFSET_OUT_OF_RANGE
    assert heard.error
    assert heard.error.metadata["total"] == str(len(whole.data))
    assert heard.frames == []


@pytest.mark.parametrize("seconds", [40.0, 40.001, 86_400 * 365])
async def test_a_time_past_the_end(stage: Stage, seconds: float) -> None:
    heard = await stage.hear(start_offset=timedelta(seconds=seconds))
    assert heard.reason is Reason.OFFSET_OUT_OF_RANGE
    assert heard.error
    assert heard.error.metadata["total"] == "40.000"
    assert "range" not in stage.apple.calls


@pytest.mark.parametrize(
    "etag",
    ["x", "0" * 24, "0" * 23, "0" * 24 + "-3", "0" * 24 + "-999999", "\n" * 30, "é" * 24],
)
async def test_another_songs_etag(stage: Stage, etag: str) -> None:
    heard = await stage.hear(byte_offset=1000, etag=etag)
    assert heard.reason is Reason.MEDIA_CHANGED
    assert heard.frames == []


async def test_an_etag_is_of_one_container(new_stage: NewStage) -> None:
    whole = await new_stage().hear(container=AudioContainer.ADTS)
    heard = await new_stage().hear(byte_offset=1000, etag=whole.header.etag)
    assert heard.reason is Reason.MEDIA_CHANGED


async def test_a_file_that_was_replaced(new_stage: NewStage) -> None:
    whole = await new_stage().hear()
    stage = new_stage()
    stage.apple.etag = lambda _: '"two"'
    heard = await stage.hear(byte_offset=1000, etag=whole.header.etag)
    assert heard.reason is Reason.MEDIA_CHANGED


@pytest.mark.parametrize("layout", ["map without range", "no map"])
@pytest.mark.parametrize("container", BOTH)
async def test_playlists_that_do_not_tell_the_init_segment(
    new_stage: NewStage, play_song: Packaged, layout: str, container: AudioContainer
) -> None:
    def other() -> Stage:
        stage = new_stage()
        text = play_song.playlist(40.0)
        old = f',BYTERANGE="{play_song.init_end}@0"'
        if layout == "no map":
            text = text.replace(f'#EXT-X-MAP:URI="song.mp4"{old}\n', "")
            length = play_song.fragments[0][1] - play_song.fragments[0][0]
            text = text.replace(
                f"{length}@{play_song.fragments[0][0]}", f"{play_song.fragments[0][1]}@0"
            )
        else:
            text = text.replace(old, "")
        stage.apple.playlist_text = text
        return stage

    whole = await other().hear(container=container)
    late = await other().hear(container=container, start_offset=timedelta(seconds=12))
    assert late.error is None
    for each in (whole, late):
        for offset in (0, 100, 900, 5000, 200_000, len(each.data) - 1):
            rest = await other().hear(
                container=container, byte_offset=offset, etag=each.header.etag
            )
            assert rest.data == each.data[offset:], offset
    if container is AudioContainer.FMP4:
        assert packets(late.data) == packets(whole.data)[-len(packets(late.data)) :]
