"""Every example does what examples/README.md says, with the commands that it says."""

import csv
import io
import os
import re
import shutil
import signal
import stat
import subprocess
from pathlib import Path

import pytest

from applemusic.blocking import Client
from tests.docs.conftest import Served, environment
from tests.support.docs_pages import ROOT, blocks_of, statements
from tests.support.stage import samples
from tests.support.typescript_project import package_with_examples

# Go's player is compiled once, which takes a fresh machine a minute.
pytestmark = pytest.mark.timeout(240)

_PAGE = ROOT / "examples" / "README.md"
_BYTES_PER_SECOND = 44_100 * 2 * 4  # two channels of floats
_MOST_LINES = 100
_TWO_INTERLUDES = 11.559 + 14.198
_PROGRAMS = [
    *sorted((ROOT / "examples").glob("*.py")),
    ROOT / "clients" / "go" / "examples" / "miniplayer" / "main.go",
    ROOT / "clients" / "typescript" / "examples" / "mini-player.ts",
]


def line_with(name: str) -> str:
    """The one command of the page that runs an example."""
    shell = [block for block in blocks_of(_PAGE) if block.language == "sh"]
    (found,) = (line for block in shell for line in statements(block) if name in line)
    return found


def in_shell(command: str, folder: Path, served: Served) -> str:
    """Run a command of the page and return what it prints."""
    done = start(command, folder, served)
    said, complained = done.communicate()
    assert done.returncode == 0, complained
    return said


def start(command: str, folder: Path, served: Served) -> "subprocess.Popen[str]":
    """Start a command of the page, with `mpv` of ours and the server of the test."""
    program, *rest = re.split(r"(?= \| | > )", served.in_place_of_the_usual(command))
    if "-server" not in program:
        program += f" --server {served.grpc}"
    variables = environment()
    return subprocess.Popen(
        ["bash", "-o", "pipefail", "-c", "exec " * (not rest) + program + "".join(rest)],
        cwd=folder,
        env={**variables, "PATH": f"{folder / 'bin'}{os.pathsep}{variables['PATH']}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder that looks like a clone, with a player that keeps what it gets."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    (tmp_path / "clients").mkdir()
    (tmp_path / "clients" / "go").symlink_to(ROOT / "clients" / "go")
    player = tmp_path / "bin" / "mpv"
    player.parent.mkdir()
    player.write_text(f"#!/bin/sh\nexec 2> /dev/null\ncat > {tmp_path / 'played'}\n")
    player.chmod(player.stat().st_mode | stat.S_IXUSR)
    return tmp_path


def seconds_played(home: Path) -> float:
    return len(samples((home / "played").read_bytes())) / _BYTES_PER_SECOND


def test_they_are_short() -> None:
    assert len(_PROGRAMS) == 5
    for path in _PROGRAMS:
        assert len(path.read_text("utf-8").splitlines()) < _MOST_LINES, path
        assert path.name in _PAGE.read_text("utf-8")


def test_a_party_playlist(home: Path, served: Served) -> None:
    said = in_shell(line_with("party_playlist.py"), home, served).splitlines()
    artists = [line.partition(": ")[0] for line in said]
    assert {"Casimir Fenwright", "Vesna Quillon"} < set(artists)
    assert len(set(artists)) > 2, "artists like those are there, too"
    with Client(served.grpc) as music:
        (party,) = (each for each in music.library.playlists() if each.name == "Party")
        tracks = list(music.library.playlist_tracks(party.id))
        music.library.delete_playlist(party.id)
    assert [f"{track.artist_name}: {track.name}" for track in tracks] == said
    assert sum(track.duration.total_seconds() for track in tracks) > 45 * 60 - 300


def test_nobody_is_invited_who_is_not_there(home: Path, served: Served) -> None:
    process = start('python examples/party_playlist.py "Nobody At All"', home, served)
    _, complained = process.communicate()
    assert (process.returncode, complained) == (1, "no artist is called 'Nobody At All'\n")


def test_lyrics_as_they_are_sung(home: Path, served: Served) -> None:
    """The second line comes some five seconds after the first; then the person has heard enough."""
    # The song is short: a player that is not through with it before the person is.
    with (home / "bin" / "mpv").open("a") as player:
        player.write("exec > /dev/null\nwhile kill -0 $PPID; do sleep 0.1; done\n")
    process = start(line_with("now_playing.py"), home, served)
    assert process.stdout is not None
    first, second = process.stdout.readline(), process.stdout.readline()
    process.send_signal(signal.SIGINT)
    said, complained = process.communicate()
    assert first == "Somebody left a mirror out for the ballet\n"
    assert second == "Nobody knows why the mirror likes the day\n"
    assert (process.returncode, said) == (130, "")
    assert complained == "Interlude III, Casimir Fenwright\n"
    assert (home / "played").stat().st_size > 100_000


def test_a_player_that_is_not_there(home: Path, served: Served) -> None:
    process = start('python examples/now_playing.py interlude --player "nothing -"', home, served)
    _, complained = process.communicate()
    assert process.returncode == 1
    assert "the player: " in complained
    assert "Traceback" not in complained


def test_the_library_as_csv(home: Path, served: Served) -> None:
    in_shell(line_with("library_csv.py"), home, served)
    rows = list(csv.DictReader(io.StringIO((home / "songs.csv").read_text("utf-8"))))
    with Client(served.grpc) as music:
        songs = list(music.library.songs())
    assert [row["library_id"] for row in rows] == [song.library_id for song in songs]
    assert [row["name"] for row in rows] == [song.name for song in songs]
    assert float(rows[0]["seconds"]) == pytest.approx(songs[0].duration.total_seconds(), abs=0.001)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:+]+", row["added"]) for row in rows)


def test_the_player_in_go(home: Path, served: Served) -> None:
    if shutil.which("go") is None:
        pytest.skip("there is no Go here")
    in_shell(line_with("miniplayer"), home, served)
    assert seconds_played(home) == pytest.approx(_TWO_INTERLUDES, abs=0.3)


def test_the_player_in_typescript(home: Path, served: Served) -> None:
    package_with_examples(home / "clients" / "typescript")
    in_shell(line_with("mini-player.js"), home, served)
    assert seconds_played(home) == pytest.approx(_TWO_INTERLUDES, abs=0.3)
