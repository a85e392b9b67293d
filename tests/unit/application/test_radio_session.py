"""Session tokens: they bring everything back, stay small, and are refused when made up."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applemusic_server.application.radio_session import (
    MOST_REMEMBERED,
    RadioSession,
    decode_session,
    encode_session,
)
from applemusic_server.domain.errors import InvalidArgumentError

SONGS = st.lists(st.integers(1, 10**12).map(str), max_size=400, unique=True)


@given(SONGS)
def test_a_token_remembers_the_last_songs_and_stays_below_a_kilobyte(songs: list[str]) -> None:
    session = RadioSession("ra.u-" + "0" * 80)
    for start in range(0, len(songs), 10):
        session = session.with_given(songs[start : start + 10])
        token = encode_session(session, "anna", "ra.1")
        session = decode_session(token, "anna", "ra.1")
    assert all(map(session.has_given, songs[-MOST_REMEMBERED:]))
    assert session.last_song_id == (songs[-1] if songs else "")
    assert session.station_id == "ra.u-" + "0" * 80
    assert len(encode_session(session, "anna", "ra.1")) < 1000


def test_an_empty_token_begins() -> None:
    assert decode_session("", "anna", "ra.1") == RadioSession("ra.1")


@pytest.mark.parametrize(("account", "station"), [("ben", "ra.1"), ("anna", "ra.2")])
def test_a_token_is_of_one_account_and_station(account: str, station: str) -> None:
    token = encode_session(RadioSession("ra.1").with_given(["5"]), "anna", "ra.1")
    with pytest.raises(InvalidArgumentError):
        decode_session(token, account, station)


@given(st.text(max_size=200))
def test_made_up_tokens_are_refused(token: str) -> None:
    if not token:
        return
    with pytest.raises(InvalidArgumentError) as caught:
        decode_session(token, "anna", "ra.1")
    assert caught.value.violations[0].field == "session_token"


@given(st.binary(max_size=700))
def test_what_follows_a_good_beginning_is_refused_or_harmless(rest: bytes) -> None:
    good = encode_session(RadioSession("ra.1"), "anna", "ra.1")
    head = base64.urlsafe_b64decode(good + "=" * (-len(good) % 4))[:9]
    token = base64.urlsafe_b64encode(head + rest).decode().rstrip("=")
    try:
        session = decode_session(token, "anna", "ra.1")
    except InvalidArgumentError:
        return
    assert session.station_id.startswith("ra.")
    assert not session.last_song_id or session.last_song_id.isdigit()
    assert len(session.given) <= MOST_REMEMBERED
