"""A whole library: the first sync, the sync after it, memory, requests; beside today's plan.

The reader takes the messages off the wire and looks at nothing but their kinds, so that the server
is what is measured. Server, simulator and reader share the machine: on two cores the seconds that
pass are more than those the server works, and on a busy one more than on a quiet one. Hence the
seconds of processor time of each, and how long the server had to wait for a core.
"""

import asyncio
import contextlib
import os
import re
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import aiohttp
import grpc

from applemusic import Client
from applemusic.v1 import library_service_pb2, library_service_pb2_grpc, media_pb2
from benchmarks.control import Control
from benchmarks.progress import Progress
from benchmarks.setup import CACHE
from tools.stack import Stack, StackOptions

LATENCY = 0.08
SONGS = 100_000
QUICK_SONGS = 10_000
BASELINE_SONGS = 1_000
GOAL_FIRST_SECONDS, GOAL_UNCHANGED_SECONDS = 60, 10
GOAL_RSS_MB, GOAL_REQUESTS = 150, 1.2
_SONG = media_pb2.RESOURCE_TYPE_SONG
# Today's provider: one request at a time, four a second.
_INTERVAL = 0.25
_ENRICHED, _RATED = 150, 200


async def measure(progress: Progress, *, quick: bool) -> dict[str, object]:
    """Sync all songs, sync again with nothing changed and with one song more; then the baseline."""
    songs = QUICK_SONGS if quick else SONGS
    with tempfile.TemporaryDirectory(prefix="applemusic-bench-") as directory:
        options = StackOptions(cache_dir=CACHE, data_dir=Path(directory))
        async with Stack(options) as stack, aiohttp.ClientSession() as session:
            control = Control(session, stack.simulator_url)
            async with Client(stack.grpc_address) as music:
                await music.auth.submit_music_user_token(stack.music_user_token)
            # The first start loads what makes the database, which no later one does.
            await stack.restart_server()
            await control.library(songs)
            await control.network(LATENCY, None)
            progress.step(f"the first sync of {songs} songs")
            first, token = await _sync(stack, control, "")
            progress.step(f"{first['seconds']} s; now with nothing changed")
            nothing, token = await _sync(stack, control, token)
            progress.step(f"{nothing['seconds']} s; now with one song more")
            await control.change_library(await _addition(control))
            one, _ = await _sync(stack, control, token)
            progress.step(f"{one['seconds']} s; now as today's provider asks")
            await control.library(BASELINE_SONGS)
            today = await _baseline(stack, session)
    scale = songs / BASELINE_SONGS
    return {
        "songs": songs,
        "latency_ms": round(LATENCY * 1000),
        "first_sync": first,
        "goal_first_sync_seconds": GOAL_FIRST_SECONDS,
        "goal_rss_peak_mb": GOAL_RSS_MB,
        "sync_with_nothing_changed": nothing,
        "goal_nothing_changed_seconds": GOAL_UNCHANGED_SECONDS,
        "sync_with_one_song_more": one,
        "requests_per_100_songs": round(100 * first["requests"] / songs, 3),
        "goal_requests_per_100_songs": GOAL_REQUESTS,
        "baseline_requests_per_100_songs": round(100 * today["requests"] / BASELINE_SONGS, 3),
        f"baseline_seconds_for_{BASELINE_SONGS}_songs": today["seconds"],
        "baseline_seconds_scaled": round(today["seconds"] * scale),
    }


async def _sync(stack: Stack, control: Control, token: str) -> tuple[dict[str, Any], str]:
    before = await control.request_count()
    heard: Counter[str] = Counter()
    idle = _memory(stack, "VmRSS")
    _reset_peak(stack)
    server, simulator = stack.server.child.pid, stack.simulator.child.pid
    cpu = _cpu_seconds(server), _cpu_seconds(simulator), time.process_time()
    waited = _queued_seconds(server)
    began = time.perf_counter()
    async with grpc.aio.insecure_channel(stack.grpc_address) as channel:
        stub = library_service_pb2_grpc.LibraryServiceStub(channel)
        request = library_service_pb2.SyncLibraryRequest(types=[_SONG], sync_token=token)
        async for message in stub.SyncLibrary(request):
            kind = str(message.WhichOneof("change"))
            heard[kind] += 1
            if kind == "checkpoint":
                token = message.checkpoint.sync_token
    seconds = time.perf_counter() - began
    return {
        "seconds": round(seconds, 2),
        "requests": await control.request_count() - before,
        "server_cpu_seconds": round(_cpu_seconds(server) - cpu[0], 2),
        "simulator_cpu_seconds": round(_cpu_seconds(simulator) - cpu[1], 2),
        "reader_cpu_seconds": round(time.process_time() - cpu[2], 2),
        "server_waited_for_a_core_seconds": round(_queued_seconds(server) - waited, 2),
        "rss_before_mb": round(idle, 1),
        "rss_peak_mb": round(_memory(stack, "VmHWM"), 1),
        "upserts": heard["upsert"],
        "removals": heard["removal"],
    }, token


async def _addition(control: Control) -> dict[str, Any]:
    """A change of one song: the last of the catalogue."""
    return {"add": {"songs": (await control.song_ids())[-1:]}}


async def _baseline(stack: Stack, session: aiohttp.ClientSession) -> dict[str, Any]:
    """Ask Apple as today's provider does: pages, then catalog songs by 150, ratings by 200."""
    developer = (await asyncio.to_thread(stack.developer_token_file.read_text)).strip()
    headers = {
        "Authorization": f"Bearer {developer}",
        "Music-User-Token": stack.music_user_token,
    }
    base = stack.base_urls["api"]
    requests = 0
    began = time.perf_counter()

    async def ask(path: str, **params: str) -> dict[str, Any]:
        nonlocal requests
        due = began + requests * _INTERVAL
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        requests += 1
        async with session.get(f"{base}{path}", params=params, headers=headers) as answer:
            # Of ratings that nobody gave there may be none at all.
            return dict(await answer.json()) if answer.status == 200 else {}

    ids: list[str] = []
    offset: str | None = "0"
    while offset is not None:
        page = await ask(
            "/v1/me/library/songs", limit="100", offset=offset, include="catalog,albums,artists"
        )
        params = (song["attributes"].get("playParams", {}) for song in page["data"])
        ids += [each["catalogId"] for each in params if "catalogId" in each]
        found = re.search(r"offset=(\d+)", page.get("next", ""))
        offset = found[1] if found else None
    for start in range(0, len(ids), _ENRICHED):
        part = ",".join(ids[start : start + _ENRICHED])
        await ask("/v1/catalog/us/songs", ids=part, include="artists,albums")
    for start in range(0, len(ids), _RATED):
        await ask("/v1/me/ratings/songs", ids=",".join(ids[start : start + _RATED]))
    return {"requests": requests, "seconds": round(time.perf_counter() - began, 1)}


def _cpu_seconds(pid: int) -> float:
    """The processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _queued_seconds(pid: int) -> float:
    """How long a process's main thread could have run and had no core to run on."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9


def _memory(stack: Stack, name: str) -> float:
    """A figure of the server process, in MB."""
    status = Path(f"/proc/{stack.server.child.pid}/status").read_text()
    found = re.search(rf"{name}:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


def _reset_peak(stack: Stack) -> None:
    with contextlib.suppress(OSError):
        Path(f"/proc/{stack.server.child.pid}/clear_refs").write_text("5")
