"""Whatever happens to a library and to the callers, a complete sync leaves an exact copy."""

import json
from dataclasses import asdict
from typing import Any

import pytest
from cryptography.fernet import Fernet
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from applemusic_server.application.sync_token import SyncToken, SyncTokens
from applemusic_server.domain.errors import FailedPreconditionError, Reason
from applemusic_server.domain.resources import ResourceType
from applemusic_server.domain.sync import SeenItems
from applemusic_server.storage.token_cipher import TokenCipher
from tests.support.library import Copy, FakeLibrary, OpenStage, SyncStage

TYPES = (ResourceType.SONG, ResourceType.PLAYLIST, ResourceType.PLAYLIST_FOLDER)
PLACES = st.integers(0, 30)
EDITS = st.one_of(
    st.tuples(st.just("add"), st.sampled_from(TYPES), PLACES),
    st.tuples(st.just("remove"), st.sampled_from(TYPES), PLACES),
    st.tuples(st.just("rename"), st.sampled_from(TYPES), PLACES),
    st.tuples(st.just("tracks"), st.just(ResourceType.PLAYLIST), PLACES),
)
# Caller, after how many changes it goes away (None: it stays), edits while it reads.
SYNCS = st.tuples(
    st.just("sync"),
    st.integers(0, 1),
    st.none() | st.integers(0, 25),
    st.lists(st.tuples(st.integers(0, 8), EDITS), max_size=2),
)


def edit(library: FakeLibrary, step: tuple[str, ResourceType, int]) -> None:
    name, what, place = step
    items = library.items[what]
    if name == "add":
        library.add(what)
    elif place < len(items):
        if name == "remove":
            library.remove(what, place)
        elif name == "rename":
            library.rename(what, place, f"{items[place].name}'")
        else:
            library.set_tracks(place, [f"i.{number}" for number in range(place % 4)])


async def sync(stage: SyncStage, copy: Copy, step: tuple[Any, ...]) -> None:
    _, _, stop_after, edits = step
    waiting = sorted(edits, key=lambda each: each[0])
    pages = 0

    def before_page() -> None:
        nonlocal pages
        pages += 1
        while waiting and waiting[0][0] < pages:
            edit(stage.library, waiting.pop(0)[1])

    stage.library.before_page = before_page
    await stage.run(copy, stop_after=stop_after, types=TYPES)
    stage.library.before_page = lambda: None


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@example(songs=1, steps=[("sync", 0, 1, []), ("remove", ResourceType.SONG, 0)])
@example(songs=6, steps=[("sync", 0, 8, []), ("remove", ResourceType.SONG, 0)])
@example(songs=8, steps=[("sync", 0, None, [(1, ("remove", ResourceType.SONG, 0))])])
@given(
    songs=st.integers(0, 14),
    steps=st.lists(st.one_of(EDITS, SYNCS), min_size=2, max_size=10),
)
@pytest.mark.timeout(240)
async def test_a_copy_equals_the_library(
    open_stage: OpenStage, songs: int, steps: list[tuple[Any, ...]]
) -> None:
    async with open_stage() as stage:
        for _ in range(songs):
            stage.library.add(ResourceType.SONG)
        copies = [Copy(), Copy()]
        for step in steps:
            if step[0] == "sync":
                await sync(stage, copies[step[1]], step)
            else:
                edit(stage.library, (step[0], step[1], step[2]))
        for copy in copies:
            # The first may go on with what was interrupted, and may have read while it changed.
            await sync(stage, copy, ("sync", 0, None, []))
            await sync(stage, copy, ("sync", 0, None, []))
            assert copy.complete
            assert copy.items == stage.library.content()
            assert copy.tracks == stage.library.tracks
            await sync(stage, copy, ("sync", 0, None, []))
            assert not copy.changes(object) or all(
                type(change).__name__ in {"Progress", "Checkpoint"} for change in copy.heard
            )


TOKENS = st.builds(
    SyncToken,
    account=st.from_regex(r"[a-z0-9][a-z0-9_-]{0,63}", fullmatch=True),
    epoch=st.uuids().map(lambda each: each.hex),
    variant=st.sampled_from([" basic", "de-DE full"]),
    types=st.lists(st.sampled_from([each.name for each in ResourceType]), unique=True).map(tuple),
    tracks=st.booleans(),
    sync_id=st.integers(1, 2**62),
    base=st.integers(0, 2**62),
    begin_time=st.floats(0, 4e9),
    complete=st.booleans(),
    stage=st.integers(0, 6),
    offset=st.integers(0, 2**31),
    total_count=st.integers(0, 2**31),
    anchor=st.binary(min_size=16, max_size=16).map(bytes.hex),
)
CIPHER = TokenCipher([Fernet.generate_key()])


@given(TOKENS)
def test_a_token_comes_back_as_it_was(token: SyncToken) -> None:
    text = SyncTokens(CIPHER).write(token)
    assert SyncTokens(CIPHER).read(text) == token
    assert token.epoch not in text
    assert len(text) <= 1000


@given(TOKENS, st.data())
def test_a_token_that_was_changed_is_refused(token: SyncToken, data: st.DataObject) -> None:
    text = SyncTokens(CIPHER).write(token)
    place = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.characters())
    changed = data.draw(
        st.sampled_from([text[:place], text[:place] + letter + text[place + 1 :], text + letter])
    )
    if changed.rstrip("=") == text.rstrip("="):
        return
    check_refused(changed)


@given(st.text(max_size=1200))
def test_any_text_is_refused_as_a_token(text: str) -> None:
    check_refused(text)


def test_another_servers_or_purposes_token_is_refused() -> None:
    token = SyncToken("anna", "e", "v", ("SONG",), tracks=False, sync_id=1, base=0, begin_time=0)
    content = json.dumps(list(asdict(token).values())).encode()
    check_refused(TokenCipher([Fernet.generate_key()]).seal("sync:1", content))
    check_refused(CIPHER.seal("other", content))


def check_refused(text: str) -> None:
    with pytest.raises(FailedPreconditionError) as caught:
        SyncTokens(CIPHER).read(text)
    assert caught.value.reason is Reason.SYNC_TOKEN_INVALID


@given(st.sets(st.integers(0, 5000)), st.integers(0, 6000))
def test_seen_items_are_a_set(numbers: set[int], other: int) -> None:
    seen = SeenItems()
    for number in numbers:
        seen.add(number)
    again = SeenItems(bytes(seen))
    assert len(again) == len(numbers)
    assert (other in again) == (other in numbers)
    assert all(number in again for number in numbers)
