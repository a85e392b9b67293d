"""Each row of "better, the same, not possible" has tests that would fail if it were not true."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.docs_pages import ROOT, blocks_of
from tests.support.ma.host import FOLDER, STAND_IN
from tools.music_assistant import put_together, requirements

PAGE = ROOT / "docs" / "music-assistant.md"
MA, UNIT = "tests/e2e/ma/test_e2e_ma_", "tests/unit/ma/test_ma_"
LIVE = "tests/live/test_live_music_assistant.py"
# Nothing of ours decides these.
NOT_OURS = {"Moving tracks inside a playlist", "Tell Apple what was played"}
TESTS = {
    "Developer token": [
        f"{UNIT}settings.py::test_a_server_of_our_own_gets_its_settings_by_its_own_names",
        f"{UNIT}host_token.py::test_the_choice_says_what_it_means",
    ],
    "Its end": [
        "tests/e2e/test_e2e_developer_tokens.py",
        f"{MA}managed.py::test_the_developer_token_that_the_host_brings",
    ],
    "Sign-in": [
        "tests/e2e/test_e2e_token_life.py",
        f"{MA}playing.py::test_a_sign_in_that_ends_soon_is_told",
    ],
    "Start of a song": [f"{MA}playing.py::test_a_queue_of_ten_is_prepared_ahead"],
    "Next song": [
        f"{MA}playing.py::test_a_queue_of_ten_is_prepared_ahead",
        f"{LIVE}::test_gaps_are_hardly_longer_than_those_of_silence",
    ],
    "Seek": [
        f"{MA}playing.py::test_seeking_begins_at_the_frame",
        "tests/live/test_live_music_assistant.py::test_seeking_is_heard_where_it_was_asked_for",
    ],
    "A connection that breaks": [
        f"{MA}processes.py::test_a_server_that_is_killed_in_mid_song_is_not_heard"
    ],
    "Lyrics": [f"{MA}reading.py::test_lyrics_come_with_the_full_song"],
    "Recommendations": [f"{MA}reading.py::test_recommendations_are_playlists_and_albums_too"],
    "Stations": [
        f"{MA}reading.py::test_browsing",
        f"{MA}playing.py::test_a_broadcast_plays_on_and_cannot_be_sought",
    ],
    "Charts": [f"{MA}reading.py::test_browsing"],
    "Favorites": [
        f"{MA}library.py::test_items_of_every_kind_become_favorites_and_nothing_in_particular"
    ],
    "Remove from library, from playlists": [
        f"{MA}library.py::test_items_are_added_and_removed",
        f"{MA}library.py::test_what_apple_refuses_for_good_takes_its_feature_along",
        f"{MA}library.py::test_a_playlist_is_made_filled_and_emptied_by_position",
    ],
    "Create playlists": [f"{MA}library.py::test_a_playlist_is_made_filled_and_emptied_by_position"],
    "Album versions, all tracks of an artist, look-ups by ISRC and UPC": [
        f"{MA}reading.py::test_albums_and_their_tracks",
        f"{MA}reading.py::test_artists_and_what_is_like_them",
        f"{MA}reading.py::test_codes_lead_to_songs_and_albums",
    ],
    "Large libraries": [f"{MA}processes.py::test_a_large_library_is_read_to_its_end"],
    "Search, library, playlist folders, similar songs and artists": [
        f"{MA}reading.py::test_search_finds_each_kind_and_no_more_than_asked_for",
        f"{MA}reading.py::test_browsing",
        f"{MA}reading.py::test_songs_like_another",
        f"{MA}library.py::test_whole_lists_are_those_of_the_library",
    ],
    "Sound": [f"{MA}playing.py::test_a_song_is_the_original_bit_for_bit"],
    "Lossless, Atmos": [f"{MA}playing.py::test_stream_details_say_how"],
    "Apple's own live stations (Apple Music 1)": [
        f"{MA}playing.py::test_apples_own_live_stations_are_refused_with_a_reason"
    ],
    "Music videos": [f"{MA}reading.py::test_playlists_page_by_page"],
    "Languages of settings and errors": [
        f"{UNIT}texts.py::test_every_text_is_translated_with_its_places"
    ],
}


def rows() -> list[str]:
    text = PAGE.read_text("utf-8")
    table = text.partition("| | Built-in | Here |")[2].partition("\n\n")[0]
    return [line.split("|")[1].strip() for line in table.splitlines()[2:]]


def test_every_row_has_its_tests() -> None:
    assert len(rows()) > 20
    assert set(rows()) == TESTS.keys() | NOT_OURS


@pytest.mark.parametrize("row", TESTS)
def test_the_tests_of_a_row_are_there(row: str) -> None:
    for each in TESTS[row]:
        path, _, name = each.partition("::")
        text = (ROOT / path).read_text("utf-8")
        assert re.search(rf"^(async )?def {name}", text, re.MULTILINE), each


def host_package(folder: Path) -> Path:
    """What a host's environment has, in a folder of its own."""
    site = folder / "site-packages"
    site.mkdir()
    subprocess.run(["cp", "-R", f"{STAND_IN}/.", str(site)], check=True)
    return site


def imported(site: Path, *, client: bool = True) -> str:
    """Which face the provider shows when the host there imports it, as hosts do.

    Args:
        site: The host's packages.
        client: The client is installed there, too.
    """
    without = "" if client else f"sys.path.remove({str(ROOT / 'clients' / 'python')!r})"
    program = (
        "import sys\n"
        f"{without}\n"
        "from importlib import import_module\n"
        "found = import_module('.apple_music_grpc', 'music_assistant.providers')\n"
        "assert callable(found.setup)\n"
        "import_module('.apple_music_grpc.texts', 'music_assistant.providers').Texts('de')\n"
        "print(found.face.__name__.rpartition('.')[2], found.__file__)\n"
        "import applemusic\n"
        f"assert {client} or applemusic.__file__.startswith({str(site)!r}), applemusic.__file__"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-W", "error", "-c", program],
        cwd=site.parent,
        env={"PYTHONPATH": str(site), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    face, path = done.stdout.split(maxsplit=1)
    assert path.startswith(str(site)), path
    return face


def test_a_copy_of_the_folder_is_all_that_a_loader_has_to_make(tmp_path: Path) -> None:
    site = host_package(tmp_path)
    providers = site / "music_assistant" / "providers"
    subprocess.run(["cp", "-R", str(FOLDER), str(providers)], check=True)
    assert imported(site) == "face_setup_flow"
    (site / "music_assistant" / "models" / "setup_flow.py").unlink()
    assert imported(site) == "face_settings"


def test_the_folder_for_copying_needs_nothing_else_of_ours(tmp_path: Path) -> None:
    site = host_package(tmp_path)
    put_together(site / "music_assistant" / "providers" / FOLDER.name)
    assert imported(site, client=False) == "face_setup_flow"
    manifest = json.loads(
        (site / f"music_assistant/providers/{FOLDER.name}/manifest.json").read_text()
    )
    assert manifest["requirements"] == requirements()
    # The host installs those with `==` over what is there, and the others only when they lack.
    assert not [each for each in requirements() if "==" in each or "applemusic" in each]


def test_the_link_of_the_documentation_is_one_that_the_host_finds(tmp_path: Path) -> None:
    site = host_package(tmp_path)
    (block,) = [each for each in blocks_of(PAGE) if "ln -s" in each.text]
    command = block.text[block.text.index("ln -s") :]
    put_together(ROOT / "build" / "music-assistant" / FOLDER.name)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    subprocess.run(
        ["bash", "-eu", "-c", command],
        cwd=ROOT,
        env={"PYTHONPATH": str(site), "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"},
        check=True,
    )
    assert imported(site) == "face_setup_flow"
    assert (site / "music_assistant" / "providers" / FOLDER.name).is_symlink()
