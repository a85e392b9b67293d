"""What it costs to have the server: at rest, to start, to end, and to be looked at."""

import asyncio
import time

import aiohttp
import psutil

from benchmarks.chain import cpu_seconds
from benchmarks.report import spread
from benchmarks.setup import Bench

IDLE_SECONDS = 60.0
SETTLING_SECONDS = 5.0
STARTS, SCRAPES = 9, 50


async def measure(bench: Bench) -> dict[str, object]:
    """Start and end a server that knows an account; leave one alone; read its metrics."""
    starts, ends = [], []
    for _ in range(3 if bench.quick else STARTS):
        began = time.perf_counter()
        await bench.stack.server.stop()
        stopped = time.perf_counter()
        ends.append(stopped - began)
        await bench.stack.restart_server()  # it has stopped: this only starts one
        starts.append(time.perf_counter() - stopped)
    process = psutil.Process(bench.server_pid)
    await asyncio.sleep(SETTLING_SECONDS)
    seconds = 5.0 if bench.quick else IDLE_SECONDS
    before = cpu_seconds(process)
    await asyncio.sleep(seconds)
    idle = cpu_seconds(process) - before
    memory = process.memory_info().rss
    scrapes, scrape_cpu, size = await _scraped(bench, process)
    return {
        "idle_rss_mb": round(memory / 1e6, 1),
        "goal_idle_rss_mb": 75,
        "idle_core_percent": round(100 * idle / seconds, 2),
        "goal_idle_core_percent": 0.5,
        "start_to_serving_seconds": spread(starts, 2),
        "goal_start_to_serving_seconds": 1.5,
        "sigterm_to_exit_seconds": spread(ends, 2),
        "metrics_page_ms": spread(scrapes),
        "goal_metrics_page_ms": 10,
        "metrics_page_cpu_ms": round(scrape_cpu, 1),
        "metrics_page_kb": round(size / 1000),
    }


async def _scraped(bench: Bench, process: psutil.Process) -> tuple[list[float], float, int]:
    """Milliseconds of each look at the metrics as Prometheus does it, CPU of one, bytes of one."""
    times, size = [], 0
    async with aiohttp.ClientSession(headers={"Accept-Encoding": "gzip"}) as session:
        before = cpu_seconds(process)
        for _ in range(SCRAPES):
            began = time.perf_counter()
            async with session.get(f"{bench.stack.web_url}/metrics") as answer:
                size = len(await answer.read())
            times.append(1000 * (time.perf_counter() - began))
        used = cpu_seconds(process) - before
    return times, 1000 * used / SCRAPES, size
