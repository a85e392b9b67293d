"""Sections from values: what later sections may be made of, and what is said of each."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta, field

from applemusic_server.config_section import Checked, Section
from applemusic_server.config_sources import Source, unknown_keys
from applemusic_server.config_values import Wrong, WrongValuesError, convert, known_paths


def lowered(value: str) -> str:
    if " " in value:
        raise ValueError("has a blank")
    return value.lower()


class Grant(Section, frozen=True):
    """What somebody may do."""

    scopes: Annotated[tuple[Literal["read", "play"], ...], Meta(min_length=1)]
    until: Annotated[float, Meta(gt=0)] | None = None


class Below(Section, frozen=True):
    """A section with everything in it."""

    name: Annotated[str, Meta(min_length=1, max_length=9), Checked(lowered)] = "x"
    count: Annotated[int, Meta(ge=2)] = 2
    share: Annotated[float, Meta(lt=1)] = 0.5
    file: Path | None = None
    other_file: Path | None = None
    grants: Mapping[str, Grant] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Two files are one too many."""
        if self.file and self.other_file:
            raise ValueError("give one file")


class More(Below, frozen=True):
    """A section that has what another one has."""

    last: bool = False

    def __post_init__(self) -> None:
        """Check what the other checks, too."""
        super().__post_init__()
        if self.last and self.count > 2:
            raise ValueError("no more than 2 at last")


class Top(Section, frozen=True):
    """The top."""

    below: More = field(default_factory=More)


def wrong(values: Any) -> list[tuple[str, str]]:
    with pytest.raises(WrongValuesError) as caught:
        convert(values, Top)
    return [(".".join(each.path), each.message) for each in caught.value.wrong]


def test_tables_of_sections() -> None:
    made = convert({"below": {"grants": {"me": {"scopes": ["read"], "until": "5"}}}}, Top)

    assert made.below.grants == {"me": Grant(scopes=("read",), until=5.0)}


def test_rules_may_change_a_value() -> None:
    assert convert({"below": {"name": "ABC"}}, Top).below.name == "abc"


def test_values_that_are_objects_already_are_taken() -> None:
    assert convert({"below": {"file": Path("/a")}}, Top).below.file == Path("/a")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"name": "a b"}, ("below.name", "has a blank")),
        ({"name": ""}, ("below.name", "must be text of 1 to 9 characters")),
        ({"count": 1}, ("below.count", "must be a whole number at least 2")),
        ({"share": 1}, ("below.share", "must be a number below 1")),
        ({"file": "a", "other_file": "b"}, ("below", "give one file")),
        ({"last": True, "count": 3}, ("below", "no more than 2 at last")),
        ({"naem": "a"}, ("below.naem", "there is no such setting")),
        ({"grants": 1}, ("below.grants", "must be a table")),
        ({"grants": {"me": 1}}, ("below.grants.me", "must be a table")),
        ({"grants": {"me": {}}}, ("below.grants.me.scopes", "is needed")),
        (
            {"grants": {"me": {"scopes": []}}},
            ("below.grants.me.scopes", "must be a list of play or read, at least 1 of them"),
        ),
        (
            {"grants": {"me": {"scopes": ["read"], "x": 1}}},
            ("below.grants.me.x", "there is no such setting"),
        ),
    ],
)
def test_what_is_wrong(values: dict[str, Any], said: tuple[str, str]) -> None:
    assert wrong({"below": values}) == [said]


def test_a_rule_is_not_asked_about_a_value_of_the_wrong_type() -> None:
    assert wrong({"below": {"name": 5, "count": 0}}) == [
        ("below.name", "must be text of 1 to 9 characters"),
        ("below.count", "must be a whole number at least 2"),
    ]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (
            {"grants": {"me": {"scope": []}}},
            "below.grants.me.scope; did you mean below.grants.me.scopes?",
        ),
        ({"grant": {}}, "below.grant; did you mean below.grants?"),
    ],
)
def test_unknown_keys_are_named_with_the_nearest(values: dict[str, Any], said: str) -> None:
    source = Source("file", {"below": values})

    assert list(unknown_keys(source, Top)) == [f"file: there is no setting {said}"]


def test_the_keys_of_a_table_are_free() -> None:
    source = Source("file", {"below": {"grants": {"scope": {"scopes": ["read"]}}}})

    assert not list(unknown_keys(source, Top))


def test_paths_of_all_settings() -> None:
    paths = {".".join(path) for path in known_paths(Top)}

    assert {"below", "below.last", "below.name", "below.grants", "below.grants.*.scopes"} <= paths


def test_an_error_is_one_sentence() -> None:
    assert str(WrongValuesError([Wrong(("a", "b"), "is bad"), Wrong(("c",), "too")])) == (
        "a.b: is bad; c: too"
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "file", "count", "grants", "scopes", "until", "?"]), inner
        )
    ),
    max_leaves=8,
)


@given(JSON)
def test_any_values_give_a_section_or_what_is_wrong(values: Any) -> None:
    try:
        made = convert({"below": values}, Top)
    except WrongValuesError as error:
        assert error.wrong  # noqa: PT017 - both outcomes are fine
    else:
        assert made.below.count >= 2
