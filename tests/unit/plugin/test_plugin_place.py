"""Where a plugin listens."""

import os
import stat
import tempfile
from pathlib import Path

import pytest

from applemusic_server.plugin.host import Host
from applemusic_server.plugin.place import let_group_in, plugin_place


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders of plugins are made here."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_folder_of_its_own_that_goes(temporary: Path) -> None:
    with plugin_place(Host(), None) as place:
        place.socket.touch()
        assert place.socket.parent == place.folder
        assert stat.S_IMODE(place.folder.stat().st_mode) == 0o700

    assert list(temporary.iterdir()) == []


def test_in_the_folder_of_the_host_two_are_apart(temporary: Path) -> None:
    theirs = temporary / "theirs"
    theirs.mkdir()
    host = Host(socket_folder=theirs)
    with plugin_place(host, None) as one, plugin_place(host, None) as other:
        one.socket.touch()
        assert one.socket != other.socket
        assert one.socket.parent == other.socket.parent == theirs
        assert one.folder is None

    assert list(temporary.iterdir()) == [theirs]
    assert list(theirs.iterdir()) == []


def test_the_settings_have_the_last_word(temporary: Path) -> None:
    host = Host(socket_folder=temporary)
    with plugin_place(host, temporary / "wanted.sock") as place:
        assert place.socket == temporary / "wanted.sock"
        assert place.folder is None
        assert list(temporary.iterdir()) == []


def test_a_host_with_a_certificate_needs_a_folder_besides_its_own(temporary: Path) -> None:
    theirs = temporary / "theirs"
    theirs.mkdir(mode=0o750)
    host = Host(socket_folder=theirs, client_certificate="PEM")
    with plugin_place(host, None) as place:
        place.socket.touch()
        let_group_in(place, str(os.getgid()))
        assert place.folder not in {None, theirs}
        assert stat.S_IMODE(theirs.stat().st_mode) == 0o750

    assert list(temporary.iterdir()) == [theirs]


def test_a_group_may_pass_to_the_socket() -> None:
    with plugin_place(Host(), None) as place:
        place.socket.touch(mode=0o600)
        let_group_in(place, str(os.getgid()))
        paths = (place.socket.parent, place.socket)
        modes = [stat.S_IMODE(path.stat().st_mode) for path in paths]

    assert modes == [0o710, 0o660]


def test_a_group_that_is_not_there() -> None:
    with plugin_place(Host(), None) as place:
        place.socket.touch()
        with pytest.raises(OSError, match="there is no group 'nobody-knows-it'"):
            let_group_in(place, "nobody-knows-it")
