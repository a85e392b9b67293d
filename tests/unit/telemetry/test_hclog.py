"""The log as hosts of go-plugin read it."""

import io
import json
import logging
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applemusic_server.telemetry.hclog import as_hclog
from applemusic_server.telemetry.logging import open_log
from applemusic_server.telemetry.redaction import Redactor


def test_lines_of_our_own_and_of_libraries() -> None:
    stream = io.StringIO()
    log = open_log(stream, form="hclog", level="info", redactor=Redactor())
    log.warning("songs do not play", reason="NO_DEVICE", token="x")
    logging.getLogger("some.library").critical("broken")
    ours, theirs = (json.loads(line) for line in stream.getvalue().splitlines())

    assert (ours["@level"], ours["@message"]) == ("warn", "songs do not play")
    assert (ours["reason"], ours["token"]) == ("NO_DEVICE", "***")
    assert (theirs["@level"], theirs["@message"]) == ("error", "broken")
    assert theirs["@module"] == "some.library"


@pytest.mark.parametrize(
    ("time", "told"),
    [
        ("2026-01-02T03:04:05.123456Z", "2026-01-02T03:04:05.123456Z"),
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000000Z"),
    ],
)
def test_times_have_six_digits_after_the_point(time: str, told: str) -> None:
    assert as_hclog(None, "", {"timestamp": time})["@timestamp"] == told


@given(
    st.fixed_dictionaries(
        {"event": st.text() | st.integers() | st.none(), "level": st.text()},
        optional={"timestamp": st.datetimes().map(datetime.isoformat), "logger": st.text()},
    )
)
def test_what_go_plugin_takes_for_text_is_text(event: dict[str, Any]) -> None:
    line = as_hclog(None, "", dict(event))

    assert all(isinstance(value, str) for key, value in line.items() if key.startswith("@"))
    assert not {"event", "level", "timestamp", "logger"} & line.keys()
