"""The table of ADTS offsets."""

from applemusic_server.media.adts_index import AdtsIndex


def test_it_grows_from_the_front_only() -> None:
    index = AdtsIndex()
    assert index.locate(0) is None
    index.note(1, 50)  # a gap before it
    assert index.known_segments == 0
    index.note(0, 100)
    index.note(0, 999)
    index.note(1, 50)
    assert (index.known_segments, index.known_bytes) == (2, 150)
    assert index.locate(-1) is None
    assert index.locate(0) == (0, 0)
    assert index.locate(99) == (0, 99)
    assert index.locate(100) == (1, 0)
    assert index.locate(149) == (1, 49)
    assert index.locate(150) is None
