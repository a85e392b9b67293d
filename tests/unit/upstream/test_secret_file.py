"""Files with secrets, and the developer tokens that come from them."""

import codecs
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import example, given
from hypothesis import strategies as st

from applemusic_server.domain.errors import FailedPreconditionError, Reason
from applemusic_server.upstream import secret_file
from applemusic_server.upstream.developer_token import (
    DeveloperTokens,
    GivenDeveloperToken,
    MintedDeveloperToken,
    NoDeveloperToken,
)
from applemusic_server.upstream.secret_file import SecretFile, SecretUnreadableError
from tests.support.apple_server import FakeTime, make_jwt, make_p8


def write(path: Path, content: str | bytes, mode: int = 0o600) -> Path:
    """Put another file in the place of one."""
    fresh = path.with_name(path.name + ".new")
    fresh.write_bytes(content if isinstance(content, bytes) else content.encode())
    fresh.chmod(mode)
    return fresh.replace(path)


class Place:
    """A file and a reader of it."""

    def __init__(self, folder: Path) -> None:
        self.time = FakeTime()
        self.path = folder / "secret"
        self.file = SecretFile(self.path, clock=self.time.monotonic)

    def later(self) -> None:
        self.time.seconds += secret_file.LOOK_EVERY

    def read(self) -> str:
        return self.file.current().reveal()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_file_is_read_again_when_it_changes(place: Place) -> None:
    write(place.path, " one \n")
    assert place.read() == "one"
    write(place.path, "two")
    place.later()
    assert place.read() == "two"
    place.path.write_text("six")  # As long as before and in the same place: only its time changes.
    os.utime(place.path, ns=(1, 1))
    place.later()
    assert place.read() == "six"


def test_what_has_not_changed_is_not_read(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    write(place.path, "one")
    opened, looked = [], []
    real_open, real_stat = Path.open, os.stat

    def count_open(path: Path, mode: str) -> Any:
        opened.append(path)
        return real_open(path, mode)

    def count_stat(path: Any, **options: Any) -> os.stat_result:
        looked.append(path)
        return real_stat(path, **options)

    monkeypatch.setattr(Path, "open", count_open)
    monkeypatch.setattr(os, "stat", count_stat)
    for _ in range(1000):
        place.read()
    place.later()
    place.read()
    assert len(opened) == 1
    assert looked.count(place.path) == 2


def test_links_that_are_turned_are_followed(place: Place, tmp_path: Path) -> None:
    """As Kubernetes replaces secrets: the name stays, a folder behind it is another."""
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        write(tmp_path / name / "secret", name)
    data = tmp_path / "data"
    data.symlink_to("first")
    place.path.symlink_to(Path("data") / "secret")
    assert place.read() == "first"
    data.unlink()
    data.symlink_to("second")
    place.later()
    assert place.read() == "second"


@pytest.mark.parametrize(
    ("content", "mode", "said"),
    [
        (b"", 0o600, "is empty"),
        (b" \n", 0o600, "is empty"),
        (b"x" * 70_000, 0o600, "larger than 65536"),
        (b"canary", 0o604, "every user"),
    ],
)
def test_what_cannot_be_used_says_why(place: Place, content: bytes, mode: int, said: str) -> None:
    write(place.path, content, mode)
    with pytest.raises(SecretUnreadableError, match=said) as caught:
        place.read()
    assert "canary" not in str(caught.value)
    write(place.path, "good")
    place.later()
    assert place.read() == "good"


def test_a_file_that_is_not_there_may_come(place: Place) -> None:
    with pytest.raises(SecretUnreadableError, match="No such file"):
        place.read()
    write(place.path, "good")
    with pytest.raises(SecretUnreadableError):
        place.read()  # It is not looked for at every call.
    place.later()
    assert place.read() == "good"
    place.path.unlink()
    place.later()
    with pytest.raises(SecretUnreadableError):
        place.read()


@given(st.binary(max_size=100))
@example(codecs.BOM_UTF8)
@example(codecs.BOM_UTF16_LE + b"secret")
def test_any_bytes_are_text_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    place = Place(tmp_path_factory.mktemp("any"))
    write(place.path, data)
    try:
        assert place.read() == place.read().strip() != ""
    except SecretUnreadableError:
        text = data.removeprefix(codecs.BOM_UTF8).decode("ascii", errors="replace")
        assert data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or not text.strip()


def minted(place: Place) -> MintedDeveloperToken:
    return MintedDeveloperToken(
        team_id="TEAM000001", key_id="KEY0000001", private_key=place.file, clock=place.time.utc
    )


def test_another_key_makes_another_token_at_once(place: Place) -> None:
    write(place.path, make_p8())
    source = minted(place)
    first = source.current()
    write(place.path, make_p8())
    place.later()
    second = source.current()
    assert second.value != first.value
    assert source.current() is second


def test_a_bad_key_leaves_the_token_to_its_end(place: Place) -> None:
    write(place.path, make_p8())
    source = minted(place)
    first = source.current()
    write(place.path, "canary")
    place.later()
    assert source.current() is first
    assert source.fault is not None
    assert source.fault.shown == "the private key is not readable as PEM"
    assert "canary" not in source.fault.message
    place.time.now += timedelta(days=179)  # Due to be replaced, and still good.
    assert source.current() is first
    place.time.now += timedelta(days=1)
    with pytest.raises(FailedPreconditionError, match="not readable as PEM"):
        source.current()
    write(place.path, make_p8())
    place.later()
    source.current()
    assert source.fault is None


def test_a_bad_token_leaves_the_one_before_to_its_end(place: Place) -> None:
    write(place.path, make_jwt(place.time.now, life=timedelta(days=10)))
    source = GivenDeveloperToken(place.file, clock=place.time.utc)
    first = source.current()
    write(place.path, make_jwt(place.time.now, algorithm="HS256"))
    place.later()
    assert source.current() is first
    assert source.fault is not None
    assert "ES256" in source.fault.shown
    place.time.now += timedelta(days=11)
    with pytest.raises(FailedPreconditionError) as caught:
        source.current()
    assert caught.value.reason is Reason.DEVELOPER_TOKEN_EXPIRED
    write(place.path, make_jwt(place.time.now))
    place.later()
    assert source.current().expire_time == place.time.now + timedelta(days=180)
    assert source.fault is None


def test_a_token_that_has_ended_does_not_replace_one_that_lives(place: Place) -> None:
    now = place.time.now
    write(place.path, make_jwt(now))
    source = GivenDeveloperToken(place.file, clock=place.time.utc)
    first = source.current()
    write(place.path, make_jwt(now - timedelta(days=9), life=timedelta(days=8)))
    place.later()
    assert source.current() is first
    assert source.fault is not None
    assert source.fault.shown.startswith("it ended at ")
    place.time.now += timedelta(days=181)
    with pytest.raises(FailedPreconditionError) as caught:
        source.current()
    assert caught.value.reason is Reason.DEVELOPER_TOKEN_EXPIRED


def test_files_are_looked_at_when_somebody_asks_for_their_faults(place: Place) -> None:
    own, of_anna = place.path, place.path.with_name("anna")
    write(own, make_jwt(place.time.now))
    write(of_anna, make_p8())
    seconds = [0.0]
    files = [SecretFile(path, clock=lambda: seconds[0]) for path in (own, of_anna)]
    tokens = DeveloperTokens(
        GivenDeveloperToken(files[0], clock=place.time.utc),
        {
            "anna": MintedDeveloperToken(
                team_id="TEAM000001",
                key_id="KEY0000001",
                private_key=files[1],
                clock=place.time.utc,
            )
        },
        clock=place.time.utc,
    )
    assert tokens.file_faults() == {}
    own.unlink()
    write(of_anna, " ")
    seconds[0] += 2
    shown = {account: fault.shown for account, fault in tokens.file_faults().items()}
    assert shown == {"": "it cannot be read: No such file or directory", "anna": "it is empty"}
    assert str(own) in tokens.file_faults()[""].message
    write(own, make_jwt(place.time.now))
    seconds[0] += 2
    assert set(tokens.file_faults()) == {"anna"}


def test_a_file_that_was_never_good_and_none_at_all(place: Place) -> None:
    write(place.path, "nothing")
    bad = GivenDeveloperToken(place.file, clock=place.time.utc)
    faults = DeveloperTokens(NoDeveloperToken(), {"anna": bad}, clock=place.time.utc).file_faults()
    assert {account: fault.shown for account, fault in faults.items()} == {
        "anna": "it is not a JSON web token"
    }


def test_keys_of_other_kinds_are_named(place: Place) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    plain, locked = (
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, way)
        for way in (
            serialization.NoEncryption(),
            serialization.BestAvailableEncryption(b"password"),
        )
    )
    for content, said in ((plain, "not a P-256 key"), (locked, "encrypted with a password")):
        write(place.path, content)
        place.later()
        with pytest.raises(FailedPreconditionError, match=said):
            minted(place).current()


def test_an_account_uses_its_own_token_and_says_whose_is_bad(place: Place) -> None:
    write(place.path, make_jwt(place.time.now))
    own = GivenDeveloperToken(place.file, clock=place.time.utc)
    tokens = DeveloperTokens(NoDeveloperToken(), {"anna": own}, clock=place.time.utc)
    assert tokens.current("anna").team_id == "TEAM000001"
    for account in ("", "berta"):
        with pytest.raises(FailedPreconditionError) as caught:
            tokens.current(account)
        assert caught.value.reason is Reason.DEVELOPER_TOKEN_MISSING
    place.time.now += timedelta(days=200)
    with pytest.raises(FailedPreconditionError, match="of account 'anna'") as late:
        tokens.current("anna")
    assert "expireTime" in late.value.metadata
    assert set(tokens.makers()) == {"", "anna"}
