"""Programs that make sound of what they read from their input."""

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from types import MappingProxyType
from typing import Final

from applemusic.cli.exits import Exit
from applemusic.cli.problems import Problem
from applemusic.cli.terminal import Terminal
from applemusic.models.audio import AudioContainer, AudioHeader

Arguments = Callable[[AudioHeader], list[str]]


def _mpv(header: AudioHeader) -> list[str]:
    options = ["--no-video", "--no-input-terminal", "--msg-level=all=error"]
    if header.container is AudioContainer.PCM_S16LE:
        options += [
            "--demuxer=rawaudio",
            "--demuxer-rawaudio-format=s16le",
            f"--demuxer-rawaudio-rate={header.sample_rate_hertz}",
            f"--demuxer-rawaudio-channels={header.channel_count}",
        ]
    return [*options, "-"]


def _ffplay(header: AudioHeader) -> list[str]:
    options = ["-nodisp", "-autoexit", "-loglevel", "error"]
    if header.container is AudioContainer.PCM_S16LE:
        layout = "mono" if header.channel_count == 1 else "stereo"
        options += ["-f", "s16le", "-ar", str(header.sample_rate_hertz), "-ch_layout", layout]
    return [*options, "-i", "-"]


def _aplay(header: AudioHeader) -> list[str]:
    return [
        *("--quiet", "--file-type", "raw", "--format", "S16_LE"),
        *("--rate", str(header.sample_rate_hertz), "--channels", str(header.channel_count), "-"),
    ]


KNOWN: Final[Mapping[str, Arguments]] = MappingProxyType(
    {"mpv": _mpv, "ffplay": _ffplay, "aplay": _aplay}
)
"""Players by name, the one to be preferred first, and how each is told what comes."""
_RAW_ONLY: Final = frozenset({"aplay"})


@dataclass(frozen=True, slots=True)
class Player:
    """A player to be started.

    Attributes:
        program: Path of it.
        words: What stands behind it on its command line; None as the player is known to want it.
    """

    program: str
    words: tuple[str, ...] | None = None

    @property
    def name(self) -> str:
        """What it is called."""
        return PurePath(self.program).name

    @property
    def known(self) -> bool:
        """Whether it can be told what comes, so that anything can."""
        return self.words is None and self.name in KNOWN

    @property
    def raw_only(self) -> bool:
        """Whether it decodes nothing, and wants PCM."""
        return self.words is None and self.name in _RAW_ONLY

    def command(self, header: AudioHeader) -> list[str]:
        """Return how it is started for a stream."""
        if self.words is not None:
            return [self.program, *self.words]
        arguments = KNOWN.get(self.name)
        return [self.program, *(arguments(header) if arguments else ())]


def found_players(terminal: Terminal) -> list[str]:
    """Return the names of known players that are installed, the one to be preferred first."""
    return [name for name in KNOWN if terminal.which(name)]


def player_of(wanted: str, terminal: Terminal) -> Player:
    """Return the player that is asked for, or the best that is installed.

    Args:
        wanted: A name, a path or a whole command line that reads from its input; empty for any.
        terminal: Where to look.

    Raises:
        Problem: There is none.
    """
    if not wanted:
        for name in found_players(terminal):
            return Player(terminal.which(name) or name)
        raise Problem(
            f"there is no player: {', '.join(KNOWN)} were looked for in the PATH.",
            exit_code=Exit.MISSING,
            next_step=(
                "Install mpv, name another with --player, or pipe: "
                "`applemusic play --output - WHAT | PLAYER`."
            ),
        )
    try:
        first, *rest = shlex.split(wanted)
    except ValueError as error:
        raise Problem(f"--player {wanted!r}: {error}.", exit_code=Exit.USAGE) from error
    program = terminal.which(first)
    if program is None:
        raise Problem(
            f"there is no program {first!r} to play with.",
            exit_code=Exit.MISSING,
            next_step="Give its path, or leave --player out to have one looked for.",
        )
    return Player(program, tuple(rest) if rest else None)
