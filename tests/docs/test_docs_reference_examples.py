"""Every example of the API reference runs, in every language, and calls the RPC that it shows."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from applemusic import ResourceRef, ResourceType
from applemusic.blocking import Client
from applemusic_server.wire.contract import methods
from tests.docs.conftest import ROOT, Served, environment, serving
from tests.support.typescript_project import package_with_examples
from tools.stack import open_loopback

# Go's runner is compiled once, which takes a fresh machine a minute.
pytestmark = pytest.mark.timeout(240)

_GO_CLIENT = ROOT / "clients" / "go"
_FIRST, _SECOND = "1603789145", "1603789151"
RPCS = sorted(f"{each.containing_service.name}/{each.name}" for each in methods())


class Given:
    """What examples take as parameters: made anew for each."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self.music = Client(served.grpc)

    def of(self, rpc: str) -> list[str]:
        """The arguments of an RPC's example; what it needs besides is there, too."""
        if rpc in {"AuthService/GetAccount", "AuthService/RenewMusicUserToken"}:
            self.music.auth.submit_music_user_token(self._token(), account="guest")
        made = self._makers().get(rpc)
        return [] if made is None else made()

    def after(self, rpc: str) -> None:
        """With one account none has to be named, so a second one goes."""
        if rpc.startswith("AuthService/"):
            self.music.auth.sign_out("guest")

    def _makers(self) -> dict[str, Callable[[], list[str]]]:
        library = self.music.library
        return {
            "LibraryService/UpdatePlaylist": self._playlist,
            "LibraryService/DeletePlaylist": self._playlist,
            "LibraryService/AddPlaylistTracks": self._playlist,
            "LibraryService/RemovePlaylistTracks": self._playlist,
            "LibraryService/MovePlaylistTracks": self._playlist,
            "LibraryService/ReplacePlaylistTracks": self._playlist,
            "LibraryService/ListLibraryAlbumTracks": lambda: [library.albums().to_list(1)[0].id],
            "LibraryService/ListLibraryPlaylistTracks": self._playlist,
            "LibraryService/ListLibraryArtistAlbums": self._artist,
            "LibraryService/BatchGetLibraryItems": self._song,
            "LibraryService/RemoveFromLibrary": self._song,
            "LibraryService/SyncLibrary": lambda: [""],
            "LibraryService/UpdatePlaylistFolder": self._folder_made,
            "LibraryService/DeletePlaylistFolder": self._folder_made,
            "LibraryService/MoveToPlaylistFolder": lambda: self._playlist() + self._folder_made(),
            "RecommendationService/ListRecommendationItems": self._group,
            "AuthService/WatchSignIn": self._ended_sign_in,
            "AuthService/CancelSignIn": self._sign_in,
            "AuthService/SubmitMusicUserToken": lambda: [self._token()],
        }

    def _song(self) -> list[str]:
        songs = self.music.library.songs().to_list(50)
        # One is removed; the example of the search has to find some afterwards.
        return [next(song.id for song in songs if "amber" not in song.name.lower())]

    def _artist(self) -> list[str]:
        return [self.music.library.artists().to_list(1)[0].id]

    def _playlist(self) -> list[str]:
        songs = [ResourceRef(ResourceType.SONG, each) for each in (_FIRST, _SECOND)]
        return [self.music.library.create_playlist("For an example", tracks=songs).id]

    def _folder_made(self) -> list[str]:
        return [self.music.library.create_playlist_folder("For an example").id]

    def _group(self) -> list[str]:
        return [self.music.recommendations.groups().to_list(1)[0].id]

    def _sign_in(self) -> list[str]:
        return [self.music.auth.begin_sign_in(account="guest").sign_in_id]

    def _ended_sign_in(self) -> list[str]:
        (sign_in,) = self._sign_in()
        self.music.auth.cancel_sign_in(sign_in)
        return [sign_in]

    def _token(self) -> str:
        where = f"http://{self._served.simulator}/control/music-user-tokens"
        done = subprocess.run(
            ["curl", "-s", "-X", "POST", "-d", "{}", where],
            check=True,
            capture_output=True,
            env=environment(),
        )
        return str(json.loads(done.stdout)["music_user_token"])


class Runner:
    """A program that runs examples, as they are asked for."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def run(self, rpc: str, given: list[str]) -> tuple[str, str]:
        """What the example printed, and how it ended."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([rpc, *given]) + "\n")
        self._process.stdin.flush()
        said = ""
        while line := self._process.stdout.readline():
            if line.startswith("-- "):
                return said, line.strip()
            said += line
        return said, "the program ended"


@pytest.fixture(scope="module")
def own() -> Iterator[Served]:
    """A server of its own: the examples change the library. A song is sent at once."""
    with serving({"APPLEMUSIC_PLAYBACK__BURST_SECONDS": "60"}) as served:
        yield served


@contextmanager
def running(*command: str) -> Iterator[Runner]:
    """A runner, which ends with its standard input."""
    with subprocess.Popen(
        command,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield Runner(process)
        _, complained = process.communicate()
    assert (process.returncode, complained) == (0, "")


def python(folder: Path) -> list[str]:
    del folder
    return [sys.executable, "-W", "error", str(ROOT / "examples" / "reference" / "python")]


def go(folder: Path) -> list[str]:
    if shutil.which("go") is None:
        pytest.skip("there is no Go here")
    program = folder / "reference"
    built = subprocess.run(
        ["go", "build", "-C", str(_GO_CLIENT), "-o", str(program), "./examples/reference"],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    return [str(program)]


def typescript(folder: Path) -> list[str]:
    package = package_with_examples(folder / "typescript")
    return ["node", str(package / "build" / "examples" / "reference" / "main.js")]


def started(served: Served, rpc: str) -> float:
    """How often the server was asked for an RPC."""
    service, _, method = rpc.partition("/")
    with open_loopback(f"http://{served.web}/metrics") as answer:
        metrics = answer.read().decode()
    found = re.search(
        r"^grpc_server_started_total\{"
        rf'(?=[^}}]*grpc_method="{method}")(?=[^}}]*grpc_service="applemusic\.v1\.{service}")'
        r"[^}]*\} (\S+)$",
        metrics,
        re.MULTILINE,
    )
    assert found is not None, rpc
    return float(found[1])


@pytest.mark.parametrize("language", [python, go, typescript], ids=lambda each: each.__name__)
def test_every_example(language: Callable[[Path], list[str]], own: Served, tmp_path: Path) -> None:
    """Each succeeds, says something, and asked the server for the RPC that it stands for."""
    wrong = []
    given = Given(own)
    with given.music, running(*language(tmp_path), own.grpc) as runner:
        for rpc in RPCS:
            arguments = given.of(rpc)
            before = started(own, rpc)
            said, end = runner.run(rpc, arguments)
            if end != "-- done" or not said.strip() or started(own, rpc) == before:
                wrong.append(f"{rpc}: {end}; it said {said!r}")
            given.after(rpc)
    assert wrong == []
