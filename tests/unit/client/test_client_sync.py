"""Syncs of a library: taken up again where they broke, and only while that helps."""

from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from applemusic import Client, ClientConfig, errors
from applemusic.config import Backoff
from applemusic.models import SyncCheckpoint, SyncProgress, SyncUpsert
from applemusic.v1 import library_service_pb2 as pb
from applemusic.v1 import media_pb2 as media

QUICK = ClientConfig(backoff=Backoff(attempts=3, initial=0.0))


def song(name: str) -> pb.SyncLibraryResponse:
    resource = media.Resource(song=media.Song(id=name))
    return pb.SyncLibraryResponse(upsert=pb.SyncUpsert(resource=resource))


def checkpoint(token: str, *, complete: bool = False) -> pb.SyncLibraryResponse:
    return pb.SyncLibraryResponse(checkpoint=pb.SyncCheckpoint(sync_token=token, complete=complete))


PROGRESS = pb.SyncLibraryResponse(progress=pb.SyncProgress(done_count=1, total_count=4))


class Syncs:
    """Answers each call with the next list; a reason in it breaks the call there."""

    def __init__(self, fail: Any, *answers: list[pb.SyncLibraryResponse | str]) -> None:
        self._fail, self._answers = fail, list(answers)
        self.tokens: list[str] = []

    async def answer(
        self, request: pb.SyncLibraryRequest, context: Any
    ) -> AsyncIterator[pb.SyncLibraryResponse]:
        self.tokens.append(request.sync_token)
        for each in self._answers.pop(0):
            if isinstance(each, str):
                await self._fail(context, grpc.StatusCode.UNAVAILABLE, each)
            else:
                yield each


async def heard(serve: Any, syncs: Syncs, token: str = "") -> list[str]:
    async with Client(
        await serve({"LibraryService.SyncLibrary": syncs.answer}), config=QUICK
    ) as music:
        said = []
        async for change in music.library.sync(sync_token=token):
            if isinstance(change, SyncUpsert):
                assert change.resource is not None
                said.append(change.resource.id)
            elif isinstance(change, SyncCheckpoint):
                said.append(f"={change.sync_token}")
            else:
                assert isinstance(change, SyncProgress)
        return said


async def test_a_sync_goes_on_at_its_last_checkpoint(serve: Any, fail: Any) -> None:
    syncs = Syncs(
        fail,
        ["SERVER_DRAINING"],
        [song("1"), checkpoint("t1"), song("2"), "STORAGE_UNAVAILABLE"],
        [song("2"), checkpoint("t2"), song("3"), checkpoint("t3", complete=True)],
    )
    assert await heard(serve, syncs, "t0") == ["1", "=t1", "2", "2", "=t2", "3", "=t3"]
    assert syncs.tokens == ["t0", "t0", "t1"]


async def test_a_sync_that_gets_no_further_ends_with_its_error(serve: Any, fail: Any) -> None:
    again: list[pb.SyncLibraryResponse | str] = [PROGRESS, song("1"), "SERVER_DRAINING"]
    syncs = Syncs(fail, [checkpoint("t1"), "SERVER_DRAINING"], *[list(again) for _ in range(9)])
    with pytest.raises(errors.ServerDrainingError):
        await heard(serve, syncs)
    assert syncs.tokens == ["", "t1", "t1", "t1"]


async def test_apple_that_is_away_is_asked_once_more(serve: Any, fail: Any) -> None:
    away: list[pb.SyncLibraryResponse | str] = ["UPSTREAM_UNAVAILABLE"]
    syncs = Syncs(fail, *[list(away) for _ in range(9)])
    with pytest.raises(errors.UpstreamUnavailableError):
        await heard(serve, syncs)
    assert len(syncs.tokens) == 2


async def test_what_does_not_pass_is_raised_at_once(serve: Any, fail: Any) -> None:
    calls = []

    async def sync(_: Any, context: Any) -> AsyncIterator[pb.SyncLibraryResponse]:
        calls.append(1)
        yield PROGRESS
        await fail(context, grpc.StatusCode.FAILED_PRECONDITION, "SYNC_TOKEN_INVALID")

    async with Client(await serve({"LibraryService.SyncLibrary": sync}), config=QUICK) as music:
        with pytest.raises(errors.SyncTokenInvalidError):
            async for _ in music.library.sync():
                pass
    assert len(calls) == 1
