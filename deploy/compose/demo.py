"""What `compose.yaml` needs for its demo besides server and simulator; runs in the server's image.

python demo.py credentials FOLDER http://simulator:8790    prepares what the server reads
python demo.py listen FOLDER demo:50051                    plays one song after another
"""

import asyncio
import json
import secrets
import sys
import urllib.request
from pathlib import Path

from applemusic import Client

_TERM = "interlude"


def write_credentials(folder: Path, simulator: str) -> None:
    """Write what the server reads to files that only its user can read.

    Args:
        folder: Where the simulator wrote `simulator.json`.
        simulator: Its address.
    """
    token = json.loads((folder / "simulator.json").read_text("utf-8"))["developer_token"]
    # The simulator stands beside us: no proxy of the environment is asked.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{simulator}/control/widevine-device", timeout=10) as answer:
        device = answer.read()
    own = f"amg_{secrets.token_hex(6)}_{secrets.token_hex(32)}"
    for name, value in (
        ("developer-token", token.encode()),
        ("device.wvd", device),
        ("access-token", f"{own}\n".encode()),
    ):
        path = folder / name
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(value)


async def listen(folder: Path, target: str, songs: int | None = None) -> None:
    """Sign the demo account in, and play what a search finds, over and over.

    Args:
        folder: As above.
        target: The server.
        songs: How many to play; None for all time.
    """
    token = json.loads((folder / "simulator.json").read_text("utf-8"))["music_user_token"]
    async with Client(target) as music:
        await music.auth.submit_music_user_token(token)
        ids = [song.id for song in (await music.catalog.search(_TERM)).songs]
        played = 0
        while songs is None or played < songs:
            song, following = ids[played % len(ids)], ids[(played + 1) % len(ids)]
            async with music.audio.stream(song, next_song_ids=[following]) as stream:
                async for _ in stream:
                    pass
            played += 1
            print(
                f"played {song}, first byte after {stream.summary.first_byte_duration}", flush=True
            )


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["credentials", folder, simulator]:
            write_credentials(Path(folder), simulator)
        case ["listen", folder, target]:
            asyncio.run(listen(Path(folder), target))
        case _:
            sys.exit(__doc__)
