"""When a signed address ends."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applemusic_server.media.address_expiry import expire_time

END = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECONDS = int(END.timestamp())


@pytest.mark.parametrize(
    "query",
    [
        f"Expires={SECONDS}&Signature=abc",
        f"a=1&exp={SECONDS}",
        f"accessKey={SECONDS}_4711_sig%3D",
        f"__gda__={SECONDS}_0123abc",
        f"hdnea=st=1700000000~exp={SECONDS}~acl=/*~hmac=0",
        f"hdnea=exp={SECONDS}~acl=/*~hmac=0",
        "X-Amz-Date=20261122T115500Z&X-Amz-Expires=300&X-Amz-Signature=0",
        f"exp={SECONDS + 60}&Expires={SECONDS}",
    ],
)
def test_the_forms_of_file_servers(query: str) -> None:
    assert expire_time(f"https://cdn.test/a/song.mp4?{query}") == END


@pytest.mark.parametrize(
    "query",
    ["", "exp=", "exp=soon", "exp=300", "token=abc", "X-Amz-Expires=300", "X-Amz-Date=20269922T1Z"],
)
def test_addresses_that_say_nothing(query: str) -> None:
    assert expire_time(f"https://cdn.test/a/song.mp4?{query}") is None


_NAMES = st.sampled_from(["Expires", "exp", "hdnea", "X-Amz-Date", "X-Amz-Expires", "e"])
_VALUES = st.text(alphabet="0123456789TZ_~=exp%+-", max_size=24)


@given(st.lists(st.tuples(_NAMES, _VALUES), max_size=4))
def test_whatever_it_is_no_exception_leaves(fields: list[tuple[str, str]]) -> None:
    query = "&".join(f"{name}={value}" for name, value in fields)
    found = expire_time(f"https://cdn.test/a?{query}")
    assert found is None or found.utcoffset() == timedelta(0)


@given(st.text(max_size=60))
def test_whatever_address(url: str) -> None:
    assert expire_time(url) is None or url
