"""Files of developer tokens and their keys, as tests replace them under a running server."""

from pathlib import Path
from typing import Any

from applemusic_server.upstream.secret_file import LOOK_EVERY
from applemusic_simulator.developer_tokens import Team
from tests.support.stage import Stage


def secret(path: Path, content: str) -> Path:
    """Write a file as tools replace it: another one in its place."""
    fresh = path.with_name(path.name + ".new")
    fresh.touch(mode=0o600)
    fresh.write_text(content)
    return fresh.replace(path)


def take_away(path: Path) -> str:
    """Remove a file, and return what was in it."""
    content = path.read_text()
    path.unlink()
    return content


def key_settings(path: Path, team: Team) -> dict[str, Any]:
    secret(path, team.p8())
    return {"private_key_file": path, "key_id": team.key_id, "team_id": team.id}


async def look_again(stage: Stage) -> None:
    """Let the server look at its files now, whenever it looked last."""
    for maker in stage.server._apple.developer_tokens.makers().values():
        inner = maker._maker
        source = getattr(inner, "_source", None) or getattr(inner, "_private_key", None)
        if source is not None:
            source._looked -= LOOK_EVERY
    await stage.server._tokens.keeper.round()


def said(stage: Stage, event: str) -> list[Any]:
    return [each for each in stage.log if each["event"] == event]
