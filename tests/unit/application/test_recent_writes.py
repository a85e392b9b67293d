"""Writes are remembered for as long as Apple may hide them, and no longer; memory is bounded."""

from hypothesis import given
from hypothesis import strategies as st

from applemusic_server.application.recent_writes import KEPT_SECONDS, RecentWrites


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_write_is_remembered_for_longer_than_apples_longest_delay() -> None:
    clock = Clock()
    writes: RecentWrites[str, int] = RecentWrites(clock)
    writes.note("anna", [("a", 1)])
    clock.now += 18
    assert writes.of("anna") == {"a": 1}
    clock.now += KEPT_SECONDS - 18
    assert writes.of("anna") == {}


def test_accounts_are_apart() -> None:
    writes: RecentWrites[str, int] = RecentWrites(Clock())
    writes.note("anna", [("a", 1)])
    writes.note("ben", [("a", 2)])
    assert (writes.of("anna"), writes.of("ben"), writes.of("carl")) == ({"a": 1}, {"a": 2}, {})
    writes.forget("anna")
    assert (writes.of("anna"), writes.of("ben")) == ({}, {"a": 2})


def test_a_later_write_replaces_and_lives_from_its_own_time() -> None:
    clock = Clock()
    writes: RecentWrites[str, int] = RecentWrites(clock)
    writes.note("anna", [("a", 1), ("b", 1)])
    clock.now += KEPT_SECONDS - 1
    writes.note("anna", [("a", 2)])
    clock.now += 2
    assert writes.of("anna") == {"a": 2}
    writes.drop("anna", ["a", "never"])
    writes.drop("nobody", ["a"])
    assert writes.of("anna") == {}


def test_the_oldest_go_when_there_are_too_many() -> None:
    writes: RecentWrites[int, int] = RecentWrites(Clock(), most_per_account=10)
    writes.note("anna", [(number, number) for number in range(25)])
    assert list(writes.of("anna")) == list(range(15, 25))


@given(
    st.lists(
        st.tuples(st.sampled_from(["anna", "ben"]), st.integers(0, 6), st.floats(0, 20)),
        max_size=60,
    )
)
def test_it_knows_what_a_list_of_everything_knows(
    steps: list[tuple[str, int, float]],
) -> None:
    clock = Clock()
    writes: RecentWrites[int, int] = RecentWrites(clock, most_per_account=100)
    everything: list[tuple[str, int, int, float]] = []
    for number, (account, key, wait) in enumerate(steps):
        clock.now += wait
        writes.note(account, [(key, number)])
        everything.append((account, key, number, clock.now + KEPT_SECONDS))
        for each in ("anna", "ben"):
            assert writes.of(each) == {
                key: value
                for of, key, value, until in everything
                if of == each and until > clock.now
            }
