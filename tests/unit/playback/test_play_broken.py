"""A transfer that breaks in the middle, and files that are not what they should be."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from applemusic_server.domain.audio import AudioContainer, Preparation
from applemusic_server.domain.errors import (
    FailedPreconditionError,
    Reason,
    UnavailableError,
)
from tests.support.cenc import Packaged
from tests.support.play import Stage
from tests.support.promises import promised_metadata

NewStage = Callable[[], Stage]
BOTH = [AudioContainer.FMP4, AudioContainer.ADTS]


@pytest.mark.parametrize("container", BOTH)
async def test_a_reset_is_taken_up_again(new_stage: NewStage, container: AudioContainer) -> None:
    whole = await new_stage().hear(container=container)
    stage = new_stage()
    stage.apple.cut = lambda number, offset: number == 2 and offset > 200_000
    heard = await stage.hear(container=container)
    assert heard.error is None
    assert heard.data == whole.data
    assert heard.event_names == ["UPSTREAM_RESUMED"]
    assert (heard.summary.resume_count, heard.summary.stall_count) == (1, 0)


async def test_a_500_is_asked_again(stage: Stage, play_song: Packaged) -> None:
    def fault(number: int) -> None:
        if number in (1, 3):
            raise UnavailableError(Reason.UPSTREAM_UNAVAILABLE, "500")

    stage.apple.faults["range"] = fault
    heard = await stage.hear()
    assert heard.data == play_song.clean
    assert heard.summary.resume_count == 2


async def test_breaks_without_end_end_the_stream(stage: Stage, play_song: Packaged) -> None:
    stage.apple.cut = lambda _number, offset: offset >= 400_000
    heard = await stage.hear()
    assert heard.reason is Reason.UPSTREAM_UNAVAILABLE
    assert heard.error
    # What was heard is right, and where to go on is said.
    assert play_song.clean.startswith(heard.data)
    rest = await Stage(play_song, seconds=40.0).hear(
        byte_offset=len(heard.data), etag=heard.header.etag
    )
    assert heard.data + rest.data == play_song.clean


async def test_an_address_that_expires_is_renewed(stage: Stage, play_song: Packaged) -> None:
    def fault(number: int) -> None:
        if number == 3:
            raise FailedPreconditionError(Reason.UPSTREAM_REFUSED, "403")

    stage.apple.faults["range"] = fault
    heard = await stage.hear()
    assert heard.error is None
    assert heard.data == play_song.clean
    assert heard.event_names == ["RENEWED"]
    assert (stage.apple.calls["offer"], stage.apple.calls["license"]) == (2, 1)
    assert heard.summary.upstream_byte_count > len(play_song.data)


@pytest.mark.parametrize("container", BOTH)
async def test_a_renewal_continues_the_bytes(
    new_stage: NewStage, container: AudioContainer
) -> None:
    whole = await new_stage().hear(container=container)
    stage = new_stage()

    def fault(number: int) -> None:
        if number in (2, 20):
            raise FailedPreconditionError(Reason.UPSTREAM_REFUSED, "404")

    stage.apple.faults["range"] = fault
    heard = await stage.hear(container=container)
    assert heard.data == whole.data
    assert "RENEWED" in heard.event_names


@pytest.mark.parametrize("reason", [Reason.UPSTREAM_REFUSED, Reason.RESOURCE_NOT_FOUND])
@pytest.mark.parametrize("container", BOTH)
async def test_a_first_range_that_is_refused_gets_a_new_address(
    stage: Stage, play_song: Packaged, reason: Reason, container: AudioContainer
) -> None:
    def fault(number: int) -> None:
        if number == 1:
            raise FailedPreconditionError(reason, "403")

    stage.apple.faults["range"] = fault
    heard = await stage.hear(container=container)
    assert heard.error is None
    if container is AudioContainer.FMP4:
        assert heard.data == play_song.clean
    assert (stage.apple.calls["offer"], stage.apple.calls["license"]) == (2, 1)
    assert heard.event_names == []  # nothing has been interrupted
    assert heard.header.preparation is Preparation.COLD


async def test_a_first_range_that_is_refused_again_is_not_asked_for_a_third_time(
    stage: Stage,
) -> None:
    def fault(number: int) -> None:
        raise FailedPreconditionError(Reason.UPSTREAM_REFUSED, f"403 {number}")

    stage.apple.faults["range"] = fault
    heard = await stage.hear()
    assert heard.reason is Reason.UPSTREAM_REFUSED
    assert (stage.apple.calls["range"], stage.apple.calls["offer"]) == (2, 2)


async def test_a_refused_address_of_the_song_that_plays_keeps_its_key(
    stage: Stage, play_song: Packaged
) -> None:
    def fault(number: int) -> None:
        if number == before:
            raise FailedPreconditionError(Reason.UPSTREAM_REFUSED, "403")

    await stage.hear()
    before = stage.apple.calls["range"] + 1
    stage.apple.faults["range"] = fault
    heard = await stage.hear(byte_offset=500_000)
    assert heard.data == play_song.clean[500_000:]
    assert heard.header.preparation is Preparation.COLD
    assert (stage.apple.calls["offer"], stage.apple.calls["license"]) == (2, 1)


async def test_a_refusal_that_stays_ends_the_stream(stage: Stage) -> None:
    def fault(number: int) -> None:
        if number >= 3:
            raise FailedPreconditionError(Reason.UPSTREAM_REFUSED, "403")

    stage.apple.faults["range"] = fault
    heard = await stage.hear()
    assert heard.reason is Reason.UPSTREAM_REFUSED
    assert stage.apple.calls["offer"] == 2
    assert heard.error
    assert heard.error.metadata["byteOffset"] == str(len(heard.data))


async def test_other_bytes_after_a_break(stage: Stage, play_song: Packaged) -> None:
    stage.apple.cut = lambda number, offset: number == 2 and offset > 200_000
    stage.apple.etag = lambda number: '"one"' if number < 3 else '"two"'
    heard = await stage.hear()
    assert heard.reason is Reason.MEDIA_CHANGED
    assert play_song.clean.startswith(heard.data)


async def test_init_and_fragment_of_different_files(stage: Stage) -> None:
    stage.apple.etag = lambda number: f'"{number}"'
    heard = await stage.hear(byte_offset=500_000)
    assert heard.reason is Reason.MEDIA_CHANGED


@pytest.mark.parametrize("where", ["boundary", "sample", "moof"])
@pytest.mark.parametrize("later", [False, True])
async def test_a_file_that_is_cut_off(
    stage: Stage, play_song: Packaged, where: str, *, later: bool
) -> None:
    start = play_song.fragments[6][0]
    end = {"boundary": start, "sample": start + 90_000, "moof": start + 100}[where]
    # From the beginning, or only once it has been seen whole.
    stage.apple.body = lambda number: play_song.data[: end if number > later else None]
    if later:
        stage.apple.etag = lambda _: None
    heard = await stage.hear()
    assert heard.reason in (
        {Reason.MEDIA_CHANGED, Reason.MEDIA_TRUNCATED} if later else {Reason.MEDIA_TRUNCATED}
    )
    assert heard.error
    assert promised_metadata()[heard.error.reason] <= heard.error.metadata.keys()
    assert play_song.clean.startswith(heard.data)
    assert len(heard.data) < len(play_song.data)


@pytest.mark.parametrize("container", list(AudioContainer))
@pytest.mark.parametrize("start", [{}, {"start_offset": timedelta(seconds=5)}])
async def test_a_file_that_goes_on_behind_its_playlist_ends_with_it(
    new_stage: NewStage, play_song: Packaged, container: AudioContainer, start: dict[str, Any]
) -> None:
    """Indexes lie there (`mfra`), or another song; neither is played, nor fetched."""
    whole = await new_stage().hear(container=container, **start)
    stage = new_stage()
    more = play_song.data[play_song.fragments[0][0] :]
    stage.apple.body = lambda _: play_song.data + more
    heard = await stage.hear(container=container, **start)
    assert heard.data == whole.data
    assert heard.error is whole.error is None
    assert all(end and end <= len(play_song.data) for _, end in stage.apple.ranges)


async def test_a_start_behind_where_the_file_was_cut(stage: Stage, play_song: Packaged) -> None:
    stage.apple.body = lambda _: play_song.data[: play_song.fragments[3][0]]
    heard = await stage.hear(byte_offset=play_song.fragments[6][0])
    assert heard.reason is Reason.MEDIA_TRUNCATED  # not the end of the song
    assert heard.error
    assert heard.error.metadata["byteOffset"] == str(play_song.fragments[6][0])


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    place=st.floats(0, 1, exclude_max=True),
    early=st.booleans(),
    junk=st.binary(min_size=1, max_size=64),
    container=st.sampled_from(BOTH),
    offset=st.none() | st.integers(0, 600_000),
)
async def test_garbage_is_one_of_our_errors(
    new_stage: NewStage,
    play_song: Packaged,
    *,
    place: float,
    early: bool,
    junk: bytes,
    container: AudioContainer,
    offset: int | None,
) -> None:
    stage = new_stage()
    mangled = bytearray(play_song.data)
    at = int(place * (12_000 if early else len(mangled)))
    mangled[at : at + len(junk)] = junk[: len(mangled) - at]
    stage.apple.body = lambda _: bytes(mangled)
    heard = await stage.hear(container=container, byte_offset=offset)
    assert heard.reason in {
        None,
        Reason.MEDIA_MALFORMED,
        Reason.MEDIA_TRUNCATED,
        Reason.MEDIA_CHANGED,
        Reason.DECRYPTION_KEY_WRONG,
        Reason.CONTAINER_NOT_SUPPORTED,
        Reason.OFFSET_OUT_OF_RANGE,
    }
