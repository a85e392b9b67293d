"""Parameters from outside: read, or refused as Apple refuses them; never anything else."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import MultiDict

from applemusic_simulator.api.query import Query
from applemusic_simulator.errors import AppleError

NAMES = st.sampled_from(["limit", "offset", "l", "ids", "include", "include[songs]", "include["])


def query(**values: str) -> Query:
    return Query(MultiDict(values))


def refusal(read: Callable[[], object]) -> AppleError | None:
    try:
        read()
    except AppleError as error:
        return error
    return None


@given(st.lists(st.tuples(NAMES, st.text())))
def test_any_text_is_read_or_refused(pairs: list[tuple[str, str]]) -> None:
    asked = Query(MultiDict(pairs))
    refusals = [
        refusal(lambda: asked.limit(5, 25)),
        refusal(asked.offset),
        refusal(asked.check_language),
        refusal(lambda: asked.ids("ids", 3)),
        refusal(lambda: asked.typed("include")),
        refusal(lambda: asked.one_of("ids", ("a",))),
    ]
    for error in refusals:
        assert error is None or (error.status == 400 and error.response().body)


@given(st.integers())
def test_limits_hold(value: int) -> None:
    asked = query(limit=str(value), offset=str(value))
    if 1 <= value <= 25:
        assert asked.limit(5, 25) == value
    else:
        with pytest.raises(AppleError):
            asked.limit(5, 25)
    if 0 <= value < 10**9:
        assert asked.offset() == value
    else:
        with pytest.raises(AppleError):
            asked.offset()


@given(st.text(), st.text())
def test_next_carries_every_value_unharmed(tag: str, term: str) -> None:
    path = query(l=tag, limit="5").next_path("/v1/x", 25, term=term)
    values = parse_qs(urlsplit(path).query, keep_blank_values=True)
    assert values == {"l": [tag], "offset": ["25"], "term": [term]}
    assert path.index("l=") < path.index("offset=")


def test_typed_parameters_fall_by_type() -> None:
    asked = Query(MultiDict([("include", "a,b,a"), ("include[songs]", "c, d"), ("limit[x]", "1")]))
    assert asked.typed("include") == {"": ["a", "b"], "songs": ["c", "d"]}


def test_ids_may_be_repeated_as_parameter() -> None:
    assert Query(MultiDict([("ids", "1,2"), ("ids", "2,3")])).ids("ids", 3) == ["1", "2", "3"]
