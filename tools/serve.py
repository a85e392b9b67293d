"""The server and the simulator, a demo account signed in, until Ctrl-C: `make serve`."""

import argparse
import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from applemusic import AppleMusicError, Client
from tools.stack import Stack, StackError, StackOptions

ROOT = Path(__file__).resolve().parent.parent
_LOOK_SECONDS = 1.0


async def serve(options: StackOptions, parent: int | None = None) -> None:
    """Start both, sign in, say so, and stop on a signal or when one of them ends.

    Args:
        options: How to start them.
        parent: The process without which this one is not wanted; None goes on without.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    watching = None if parent is None else asyncio.create_task(stop_without(parent, stop))
    try:
        await serve_until(stop, options)
    except (StackError, AppleMusicError):
        # Ctrl-C reaches the children too: that they are gone is then what was asked for.
        if not stop.is_set():
            raise
    finally:
        if watching is not None:
            watching.cancel()


async def stop_without(parent: int, stop: asyncio.Event) -> None:
    """Stop when `make` is gone and could not say so: it was killed."""
    while os.getppid() == parent:  # noqa: ASYNC110 - a parent that is killed sets no event
        await asyncio.sleep(_LOOK_SECONDS)
    stop.set()


async def serve_until(stop: asyncio.Event, options: StackOptions) -> None:
    """Serve until `stop` is set or one of the processes ends."""
    async with Stack(options) as stack:
        async with Client(stack.grpc_address) as music:
            account = await music.auth.submit_music_user_token(stack.music_user_token)
            sign_in = await music.auth.begin_sign_in(account="guest")
        print(f"gRPC       {stack.grpc_address}")
        print(f"web        {stack.web_url}  (status; /metrics, /readyz)")
        print(f"simulator  {stack.simulator_url}  (/control)")
        print(f"account    {account.id}")
        print(f"sign-in    {sign_in.url}  (once, for 10 minutes; code {sign_in.user_code})")
        print(f"           another: .venv/bin/applemusic sign-in --server {stack.grpc_address}")
        print("ready", flush=True)
        waits = {
            asyncio.create_task(stop.wait()): "",
            asyncio.create_task(stack.server.child.wait()): "the server",
            asyncio.create_task(stack.simulator.child.wait()): "the simulator",
        }
        done, pending = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        if not stop.is_set():
            died = " and ".join(waits[task] for task in done)
            raise StackError(f"{died} ended by itself:\n{stack.server.tail()}")
        print("stopping ...", flush=True)


@contextmanager
def data_folder(grpc_port: int) -> Iterator[Path]:
    """The server's data: kept per port, so that two can run beside each other.

    Nobody comes back to a free port, so its data goes with it.
    """
    if grpc_port == 0:
        with tempfile.TemporaryDirectory(prefix="applemusic-serve-") as folder:
            yield Path(folder)
        return
    kept = ROOT / "build" / "serve" / str(grpc_port)
    kept.mkdir(parents=True, exist_ok=True, mode=0o700)
    yield kept


def main() -> None:
    """Parse the ports and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--grpc-port", type=int, default=50051)
    parser.add_argument("--web-port", type=int, default=8780)
    parser.add_argument("--sim-port", type=int, default=8790)
    parser.add_argument("--widevine", choices=("simulator", "none"), default="simulator")
    parser.add_argument(
        "--end-with-parent", action="store_true", help="stop when the starter is gone; for make"
    )
    arguments = parser.parse_args()
    parent = os.getppid() if arguments.end_with_parent else None
    try:
        with data_folder(arguments.grpc_port) as data:
            options = StackOptions(
                cache_dir=ROOT / "build" / "simulator-cache",
                data_dir=data,
                grpc_port=arguments.grpc_port,
                web_port=arguments.web_port,
                simulator_port=arguments.sim_port,
                widevine=arguments.widevine == "simulator",
            )
            asyncio.run(serve(options, parent))
    except (StackError, AppleMusicError) as error:
        sys.exit(f"serve failed: {error}{hint(str(error))}")
    except OSError as error:
        sys.exit(f"serve failed: {error.filename or ROOT}: {error.strerror}")


def hint(problem: str) -> str:
    """What to do about a port, or a port's data folder, that somebody has already."""
    if "in use" not in problem and "works in the data folder" not in problem:
        return ""
    return "\nTake other ports: make serve GRPC_PORT=50052 WEB_PORT=8781 SIM_PORT=8791"


if __name__ == "__main__":
    main()
