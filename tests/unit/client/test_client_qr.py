"""The QR code in a terminal says what the link says, on dark and on light ones."""

import io
import re

import pytest
import segno

from applemusic.cli.sign_in import Screen
from applemusic.models.sign_in import SignIn

URL = "https://music.example.org/apple/sign-in#" + "aB3_-" * 8 + "xyz"
BEGUN = SignIn(url=URL, link_url="https://music.example.org/apple/link", user_code="KQ4T-7MZX")
_COLOURS = re.compile(r"\x1b\[[\d;]*m")


def shown(*, colours: bool) -> list[str]:
    """The lines of the code."""
    out = io.StringIO()
    Screen(out, qr=True, colours=colours).offer(BEGUN)
    return [line for line in out.getvalue().splitlines() if re.search("[▀▄█]", line)]


def dark_modules(lines: list[str]) -> list[list[bool]]:
    """What a camera sees: each letter is two modules, and where ink is, is light."""
    rows = []
    for line in lines:
        letters = _COLOURS.sub("", line)
        rows += [[each not in ink for each in letters] for ink in ("▀█", "▄█")]
    return rows


@pytest.mark.parametrize("colours", [False, True])
def test_it_says_what_the_link_says(*, colours: bool) -> None:
    code = segno.make(URL, error="l", micro=False)
    expected = [[bool(each) for each in row] for row in code.matrix_iter(border=2)]
    found = dark_modules(shown(colours=colours))
    assert found[: len(expected)] == expected
    assert len(found) - len(expected) <= 1  # two rows to a line
    assert len(expected[0]) <= 80


def test_a_light_terminal_shows_it_as_a_dark_one_does() -> None:
    for line in shown(colours=True):
        assert line.startswith("\x1b[38;5;231;48;5;16m")  # white ink on black, of the fixed colours
        assert line.endswith("\x1b[0m")
        assert len(_COLOURS.findall(line)) == 2
    assert not _COLOURS.search("".join(shown(colours=False)))


@pytest.mark.parametrize("host", ["127.0.0.1:8780", "localhost:8780", "[::1]:8780"])
def test_an_address_of_the_servers_machine_is_no_promise_to_phones(host: str) -> None:
    near = SignIn(url=f"http://{host}/sign-in#x", link_url=f"http://{host}/link", user_code="K")
    out = io.StringIO()
    Screen(out, qr=None).offer(near)
    said = out.getvalue()
    assert "█" not in said
    assert "any device" not in said
    assert "on the server's machine" in said
    assert "web.public_url" in said
    asked = io.StringIO()
    Screen(asked, qr=True).offer(near)
    assert "█" in asked.getvalue()


def test_an_address_of_the_network_is() -> None:
    out = io.StringIO()
    Screen(out, qr=None).offer(BEGUN)
    assert "█" in out.getvalue()
    assert "any device" in out.getvalue()
    assert "web.public_url" not in out.getvalue()
