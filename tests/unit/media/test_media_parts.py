from hypothesis import given
from hypothesis import strategies as st

from applemusic_server.media.parts import Parts


@given(st.lists(st.binary(max_size=40), max_size=12), st.integers(1, 30))
def test_parts_are_the_same_bytes(reads: list[bytes], size: int) -> None:
    parts = Parts(size)
    full = [bytes(part) for data in reads for part in parts.add(data)]
    assert all(len(part) == size for part in full)
    rest = bytes(parts.rest())
    assert len(rest) < size
    assert b"".join(full) + rest == b"".join(reads)
    assert parts.rest() == b""
