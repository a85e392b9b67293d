"""Plain files and previews in the player: what is asked for, and in whose stead."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from applemusic_server.domain.audio import AudioContainer, AudioSource, Preparation
from applemusic_server.domain.errors import (
    AppleMusicError,
    FailedPreconditionError,
    PermissionDeniedError,
    Reason,
    UnavailableError,
)
from applemusic_server.domain.gateways import Listener, PlaybackOffer
from applemusic_server.domain.resources import Availability, Found, Song
from tests.support.cenc import Packaged
from tests.support.plain import plain_file
from tests.support.play import Apple, Body, Stage
from tests.support.preparing import prepare

FILE = "https://store.test/audio?X-Amz-Date=20260101T000000Z&X-Amz-Expires={}&X-Amz-Signature=s"
PREVIEW = "https://previews.test/one.m4a"
SECONDS = 40.0
FORBIDDEN = PermissionDeniedError(Reason.SUBSCRIPTION_REQUIRED, "no")


class Store:
    """Uploads and previews beside what an `Apple` has.

    Attributes:
        lifetime: Seconds that an address is good for.
        gone: Addresses that are refused.
        opened: Addresses in the order in which they were asked for.
    """

    def __init__(self, apple: Apple, kind: str = "mp3") -> None:
        self.data = plain_file(kind, SECONDS)
        self.preview = plain_file("m4a", 30.0)
        self.lifetime = 86_399
        self.gone: set[str] = set()
        self.opened: list[str] = []
        self._apple = apple
        self._offer = apple.offer
        self._open_range = apple.open_range
        stood_before: Any = apple  # its methods are asked through this one
        stood_before.offer, stood_before.open_range = self.offer, self.open_range

    async def offer(self, song_id: str, listener: Listener) -> PlaybackOffer:
        found = await self._offer(song_id, listener)
        if not song_id.startswith("i.u"):
            return replace(found, library=song_id.startswith("i."))
        url = FILE.format(self.lifetime) + str(self._apple.calls["offer"])
        length = timedelta(seconds=SECONDS)
        return PlaybackOffer(song_id, "-1", "", "", file_url=url, duration=length)

    async def open_range(
        self, url: str, start: int, end: int | None, *, validator: str | None = None
    ) -> Body:
        if not url.startswith(("https://store.test/", "https://previews.test/")):
            return await self._open_range(url, start, end, validator=validator)
        self.opened.append(url)
        if url in self.gone:
            raise FailedPreconditionError(Reason.UPSTREAM_REFUSED, "403")
        data = self.preview if "previews" in url else self.data
        number = await self._apple._call("range")
        return Body(self._apple, number, data, (start, end or len(data)), '"u"')


def failing(error: AppleMusicError) -> Callable[[int], None]:
    def fault(_: int) -> None:
        raise type(error)(error.reason, error.message)

    return fault


def with_preview(apple: Apple, url: str = PREVIEW) -> None:
    song = Song("900", "One", preview_urls=(url,), availability=Availability.CATALOG)
    apple.catalog_songs = Found((song,))


@pytest.fixture(params=["mp3", "m4a", "m4a-last"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def test_an_upload_is_one_question_and_its_bytes(stage: Stage, kind: str) -> None:
    store = Store(stage.apple, kind)
    heard = await stage.hear(song_id="i.u1")
    assert heard.header.source is AudioSource.UPLOAD
    assert stage.apple.calls.keys() == {"offer", "range"}
    if kind != "m4a-last":
        assert heard.data == store.data
    assert heard.summary.byte_count == len(heard.data) == heard.header.total_bytes
    assert {stage_.value for stage_, _ in heard.summary.stages} >= {"web_playback", "first_range"}


async def test_it_leaves_at_the_pace_of_listening(stage: Stage, kind: str) -> None:
    Store(stage.apple, kind)
    heard = await stage.hear(song_id="i.u1")
    begun = heard.timed_chunks[0][0]
    for at, chunk in heard.timed_chunks:
        # 10 s at once, then twice as fast, then 30 s ahead; a chunk is two seconds here.
        assert chunk.media_offset.total_seconds() < 10 + 2 * (at - begun) + 3


async def test_without_a_device_uploads_play_and_other_songs_do_not(play_song: Packaged) -> None:
    stage = Stage(play_song, device=False)
    store = Store(stage.apple)
    assert (await stage.hear(song_id="i.u1")).data == store.data
    ranges = stage.apple.calls["range"]
    heard = await stage.hear(song_id="i.abc")
    assert heard.reason is Reason.WIDEVINE_DEVICE_MISSING
    assert "license" not in stage.apple.calls
    assert stage.apple.calls["range"] == ranges, "audio that cannot be opened is not fetched"


async def test_a_prepared_upload_needs_nothing(stage: Stage, kind: str) -> None:
    Store(stage.apple, kind)

    async def run() -> None:
        await prepare(stage, "i.u1", "i.u2", "i.u3")
        await stage.clock.sleep(5)
        found = await stage.preparer.prepared("")
        ready, licensed = Preparation.READY, Preparation.LICENSED
        assert [each.preparation for each in found] == [ready, ready, licensed]
        assert stage.apple.open_ranges == 0
        calls = dict(stage.apple.calls)
        frames = stage.stream(song_id="i.u1")
        header: Any = await anext(frames)
        assert header.preparation is ready
        await anext(frames)
        assert stage.apple.calls == calls
        await frames.aclose()

    await stage.run(run())


async def test_what_is_prepared_is_renewed_before_its_address_ends(stage: Stage) -> None:
    store = Store(stage.apple)
    # The address counts from 2026-01-01; the clock of the day begins 1000 s later.
    store.lifetime = 1000 + 300

    async def run() -> None:
        await prepare(stage, "i.u1")
        await stage.clock.sleep(5)
        [one] = await stage.preparer.prepared("")
        assert one.expire_time is not None
        left = (one.expire_time - stage.clock.day()).total_seconds()
        assert left == pytest.approx(295, abs=1)
        store.lifetime += 600
        await stage.clock.sleep(250)
        [one] = await stage.preparer.prepared("")
        assert one.preparation is Preparation.READY
        assert one.expire_time is not None
        assert (one.expire_time - stage.clock.day()).total_seconds() > 600
        assert stage.apple.calls["offer"] == 2

    await stage.run(run())
    assert "refresh" in stage.outcomes.heard


async def test_an_address_that_ends_in_mid_song(stage: Stage, kind: str) -> None:
    store = Store(stage.apple, kind)

    def end(number: int) -> None:
        # What is open goes on, the next range is refused; an index behind takes a range to start.
        if number == 1 + (kind == "m4a-last"):
            store.gone.add(store.opened[0])

    stage.apple.faults["range"] = end
    heard = await stage.hear(song_id="i.u1")
    assert heard.error is None
    assert len(heard.data) == heard.header.total_bytes
    assert "RENEWED" in heard.event_names
    if kind != "m4a-last":
        assert heard.data == store.data


async def test_a_preview_instead_of_a_song_without_a_device(play_song: Packaged) -> None:
    stage = Stage(play_song, device=False)
    store = Store(stage.apple)
    with_preview(stage.apple)
    heard = await stage.hear(allow_preview=True)
    assert heard.header.source is AudioSource.PREVIEW
    assert heard.data == store.preview
    assert stage.apple.calls.keys() == {"catalog", "range"}
    assert (await stage.hear()).reason is Reason.WIDEVINE_DEVICE_MISSING


@pytest.mark.parametrize("where", ["offer", "license"])
async def test_a_preview_when_apple_says_no(stage: Stage, where: str) -> None:
    store = Store(stage.apple)
    with_preview(stage.apple)
    stage.apple.faults[where] = failing(FORBIDDEN)
    heard = await stage.hear(allow_preview=True)
    assert heard.data == store.preview
    again = await stage.hear()
    assert again.reason is Reason.SUBSCRIPTION_REQUIRED


async def test_no_preview_for_what_passes(stage: Stage) -> None:
    Store(stage.apple)
    with_preview(stage.apple)
    stage.apple.faults["offer"] = failing(UnavailableError(Reason.UPSTREAM_UNAVAILABLE, "later"))
    heard = await stage.hear(allow_preview=True)
    assert heard.reason is Reason.UPSTREAM_UNAVAILABLE
    assert "catalog" not in stage.apple.calls


async def test_the_song_s_own_reason_stands_when_there_is_no_preview(stage: Stage) -> None:
    store = Store(stage.apple)
    stage.apple.faults["offer"] = failing(FORBIDDEN)
    assert (await stage.hear(allow_preview=True)).reason is Reason.SUBSCRIPTION_REQUIRED
    stage.apple.faults["catalog"] = failing(UnavailableError(Reason.UPSTREAM_UNAVAILABLE, "down"))
    assert (await stage.hear(allow_preview=True)).reason is Reason.SUBSCRIPTION_REQUIRED
    assert store.opened == []


async def test_a_preview_that_fails_fails(stage: Stage) -> None:
    store = Store(stage.apple)
    with_preview(stage.apple)
    store.gone.add(PREVIEW)
    stage.apple.faults["offer"] = failing(FORBIDDEN)
    assert (await stage.hear(allow_preview=True)).reason is Reason.UPSTREAM_REFUSED
    assert stage.apple.calls["offer"] == 1


async def test_a_preview_that_is_no_plain_file_is_asked_for_once(stage: Stage) -> None:
    store = Store(stage.apple)
    with_preview(stage.apple)
    store.preview = store.preview.replace(b"mp4a", b"drms", 1)
    stage.apple.faults["offer"] = failing(FORBIDDEN)
    assert (await stage.hear(allow_preview=True)).reason is Reason.RENDITION_NOT_FOUND
    assert store.opened == [PREVIEW]


async def test_the_address_of_a_preview_is_renewed_as_that_of_a_preview(stage: Stage) -> None:
    store = Store(stage.apple)
    with_preview(stage.apple)
    stage.apple.faults["offer"] = failing(FORBIDDEN)

    def end(_: int) -> None:
        store.gone.add(PREVIEW)
        with_preview(stage.apple, PREVIEW.replace("one", "two"))

    stage.apple.faults["range"] = end
    heard = await stage.hear(allow_preview=True)
    assert heard.error is None
    assert heard.data == store.preview
    assert stage.apple.calls["offer"] == 1


async def test_who_goes_on_in_a_song_is_not_given_its_preview(stage: Stage) -> None:
    store = Store(stage.apple)
    with_preview(stage.apple)
    stage.apple.faults["offer"] = failing(FORBIDDEN)
    assert (await stage.hear(allow_preview=True)).data == store.preview
    del stage.apple.faults["offer"]
    heard = await stage.hear(byte_offset=5000)
    assert heard.header.source is AudioSource.CATALOG


async def test_a_song_that_is_named_again_without_previews_is_prepared_anew(stage: Stage) -> None:
    Store(stage.apple)
    with_preview(stage.apple)

    async def run() -> None:
        stage.apple.faults["offer"] = failing(FORBIDDEN)
        listener = stage.apple.listeners["home"]
        stage.preparer.replace(listener, ["900"], AudioContainer.FMP4, allow_preview=True)
        await stage.clock.sleep(5)
        [one] = await prepare(stage, "900")
        assert one.preparation is Preparation.COLD
        await stage.clock.sleep(5)
        [one] = await stage.preparer.prepared("")
        assert one.failure_reason is Reason.SUBSCRIPTION_REQUIRED

    await stage.run(run())


async def test_a_licence_that_went_bad_is_asked_for_anew_before_a_preview(stage: Stage) -> None:
    """What was prepared too long ago is no reason to be content with a preview."""
    Store(stage.apple)
    with_preview(stage.apple)
    refused = PermissionDeniedError(Reason.LICENSE_REFUSED, "no")

    async def run() -> None:
        await prepare(stage, "1", "2", "900")
        await stage.clock.sleep(5)

        def once(number: int) -> None:
            if number == 3:
                raise refused

        stage.apple.faults["license"] = once
        frames = stage.stream(allow_preview=True)
        header: Any = await anext(frames)
        assert header.source is AudioSource.CATALOG
        assert header.preparation is Preparation.COLD
        await frames.aclose()

    await stage.run(run())


@pytest.mark.parametrize("named", [("900",), ("1", "2", "900")], ids=["joined", "resolved"])
async def test_a_preview_of_what_was_prepared_before_apple_said_no(
    stage: Stage, named: tuple[str, ...]
) -> None:
    store = Store(stage.apple)
    with_preview(stage.apple)

    async def run() -> None:
        await prepare(stage, *named)
        await stage.clock.sleep(0.2 if len(named) == 1 else 5)
        stage.apple.faults["license"] = failing(FORBIDDEN)
        frames = stage.stream(allow_preview=True)
        header: Any = await anext(frames)
        assert header.source is AudioSource.PREVIEW
        assert header.preparation is Preparation.COLD
        assert header.total_bytes == len(store.preview)
        await frames.aclose()

    await stage.run(run())


async def test_a_prepared_preview_is_for_those_who_asked_for_one(stage: Stage) -> None:
    Store(stage.apple)
    with_preview(stage.apple)

    async def run() -> None:
        stage.apple.faults["offer"] = failing(FORBIDDEN)
        listener = stage.apple.listeners["home"]
        stage.preparer.replace(listener, ["900"], AudioContainer.FMP4, allow_preview=True)
        await stage.clock.sleep(5)
        [one] = await stage.preparer.prepared("")
        assert one.preparation is Preparation.READY
        del stage.apple.faults["offer"]
        frames = stage.stream()
        header: Any = await anext(frames)
        assert (header.source, header.preparation) == (AudioSource.CATALOG, Preparation.COLD)
        await frames.aclose()

    await stage.run(run())
