"""A developer token serves until its successor is proven, or has nobody before it."""

from datetime import timedelta
from pathlib import Path

import pytest

from applemusic_server.domain.errors import FailedPreconditionError
from applemusic_server.upstream.developer_token import GivenDeveloperToken, MintedDeveloperToken
from applemusic_server.upstream.proven_token import ProvenDeveloperToken
from applemusic_server.upstream.secret_file import LOOK_EVERY, SecretFile
from tests.support.apple_server import FakeTime, make_jwt, make_p8


class Desk:
    """A file, what reads it, and the time."""

    def __init__(self, folder: Path) -> None:
        self.time = FakeTime()
        self.path = folder / "secret"
        self.file = SecretFile(self.path, clock=self.time.monotonic)
        self.given = ProvenDeveloperToken(
            GivenDeveloperToken(self.file, clock=self.time.utc), self.time.utc
        )

    def put(self, content: str) -> str:
        self.path.unlink(missing_ok=True)
        self.path.touch(mode=0o600)
        self.path.write_text(content)
        self.time.seconds += LOOK_EVERY
        return content

    def serving(self) -> str:
        return self.given.current().value.reveal()

    def fault(self) -> str:
        return self.given.fault.shown if self.given.fault else ""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_successor_waits_for_its_proof(desk: Desk) -> None:
    first = desk.put(make_jwt(desk.time.now))
    assert desk.serving() == first
    second = desk.put(make_jwt(desk.time.now, life=timedelta(days=90)))
    assert desk.serving() == first
    assert desk.given.waiting is not None
    desk.given.refuse(desk.given.waiting, "the key was revoked")
    assert desk.serving() == first
    assert "the key was revoked" in desk.fault()
    desk.given.take(desk.given.waiting)
    assert desk.serving() == second
    assert desk.fault() == ""


def test_who_puts_the_old_one_back_hears_no_more_of_it(desk: Desk) -> None:
    first = desk.put(make_jwt(desk.time.now))
    desk.given.current()
    desk.put(make_jwt(desk.time.now, life=timedelta(days=90)))
    desk.given.current()
    assert desk.given.waiting is not None
    desk.given.refuse(desk.given.waiting, "no")
    desk.put(first)
    assert desk.serving() == first
    assert desk.fault() == ""


def test_at_the_end_of_the_old_one_the_new_one_serves(desk: Desk) -> None:
    first = desk.put(make_jwt(desk.time.now, life=timedelta(days=10)))
    desk.given.current()
    second = desk.put(make_jwt(desk.time.now, life=timedelta(days=90)))
    assert desk.serving() == first
    desk.time.now += timedelta(days=11)
    assert desk.serving() == second


def test_a_successor_that_ends_first_never_serves(desk: Desk) -> None:
    first = desk.put(make_jwt(desk.time.now))
    desk.given.current()
    desk.put(make_jwt(desk.time.now, life=timedelta(days=1)))
    assert desk.serving() == first
    desk.time.now += timedelta(days=2)
    assert desk.serving() == first
    desk.time.now += timedelta(days=180)
    with pytest.raises(FailedPreconditionError):
        desk.given.current()


def test_another_token_of_the_same_key_needs_no_proof(desk: Desk) -> None:
    made = ProvenDeveloperToken(
        MintedDeveloperToken(
            team_id="TEAM000001",
            key_id="KEY0000001",
            private_key=desk.file,
            clock=desk.time.utc,
        ),
        desk.time.utc,
    )
    desk.put(make_p8())
    first = made.current()
    desk.time.now += timedelta(days=136)
    second = made.current()
    assert second.value != first.value
    desk.put(make_p8())
    assert made.current() is second
    assert made.waiting is not None
