"""The push parser: bytes of a fragmented MP4 in, facts and decrypted samples out."""

from bisect import bisect_right
from dataclasses import replace
from typing import Protocol

from applemusic_server.domain.content_key import ContentKey
from applemusic_server.domain.errors import AbortedError, Reason
from applemusic_server.media.boxes import Buffer, Header, printable, read_header
from applemusic_server.media.cipher import SampleCipher
from applemusic_server.media.failures import key_missing, malformed, truncated
from applemusic_server.media.fragment import Fragment, parse_fragment
from applemusic_server.media.movie import Movie, MovieBox
from applemusic_server.media.sample_vectors import MAX_RECORD_BYTES, VectorPlace, Vectors

# A moov of Apple's size has under 2 KB, a moof of 15 s 8 KB: what is collected stays small.
MAX_HEADER_BOX_BYTES = 1 << 20
# A moof of that size describes at most this much AAC.
MAX_DATA_BYTES = 1 << 27
# sidx, styp, emsg, free, mfra: passed on unread, but not without end.
MAX_OTHER_BYTES = 1 << 24
MAX_OTHER_BOXES = 64
# A day, as in playlists: far beyond any song, and small enough that no time surprises.
_LONGEST_SECONDS = 86_400
_HEADER_NEEDED = 8
_LARGE_HEADER_NEEDED = 16


class Sink(Protocol):
    """What takes the parser's results, in the order of the file."""

    def begin(self, movie: Movie) -> None:
        """The facts of the track; before anything else that depends on them, and once."""

    def copy(self, data: bytes) -> None:
        """Bytes of the clean file that are no samples: boxes, and the heads of boxes."""

    def samples(self, frames: list[bytes], time: int, durations: list[int]) -> None:
        """Whole decrypted samples, the media time of the first, the duration of each."""


class FragmentReader:
    """Reads a song front to back and hands every sample on as soon as its last byte is there.

    It is strict: what it does not understand is an error and not a guess. Boxes that say nothing
    about samples pass through wherever they may stand. Samples have to fill their `mdat` exactly,
    which the format does not ask for: there is no other sign of a wrong size in `trun`, and what
    came after it would be noise. It holds at most one
    `moov` or `moof` (1 MiB) or one sample; everything else passes through.

    Args:
        key: The content key; None serves clear files only.
        sink: Takes the results.
        movie: The init segment's facts, to begin at any fragment. If an init segment comes
            nevertheless, it must say the same.
        position: Offset in the file of the first byte that will be fed.
        known: A `moov` that was read before: the one that comes is read only if it is another.
    """

    def __init__(
        self,
        key: ContentKey | None,
        sink: Sink,
        *,
        movie: Movie | None = None,
        position: int = 0,
        known: MovieBox | None = None,
    ) -> None:
        self._cipher = SampleCipher(key) if key else None
        self._sink = sink
        self._movie = movie
        self._known = known
        self._moov_seen = False
        self._pending = bytearray()
        self._needed = _HEADER_NEEDED
        self._position = position
        self._header: Header | None = None
        self._copy_left = 0
        self._fragment: Fragment | None = None
        self._moof_position = 0
        self._clean_moof = b""
        self._vectors = Vectors()
        # What lies between `moof` and the first sample, where the vectors are looked for in it.
        self._lead: bytearray | None = None
        self._in_data = False
        self._next_sample = 0
        # Where that begins, counted from the fragment's first sample.
        self._sample_at = 0
        self._time: int | None = None
        self._begun_elsewhere = position > 0
        self._fragments = 0
        self._other_boxes = 0
        self._failed = False
        if movie:
            self._use(movie)

    @property
    def movie(self) -> Movie | None:
        """The facts of the track, once known."""
        return self._movie

    @property
    def fragments(self) -> int:
        """How many fragments were read to their end."""
        return self._fragments

    @property
    def at_boundary(self) -> bool:
        """Whether the bytes so far end exactly where a box and a fragment end."""
        return not (self._pending or self._header or self._copy_left or self._fragment)

    def jump(self, position: int) -> None:
        """Go on at the start of another fragment, e.g. after an init segment fed for a seek.

        Raises:
            ValueError: The bytes so far end inside a box or a fragment (a defect of the caller).
        """
        if not self.at_boundary:
            raise ValueError("a jump inside a box or a fragment")
        self._position = position
        self._time = None
        self._begun_elsewhere = True

    def feed(self, data: bytes | memoryview) -> None:
        """Read on.

        Raises:
            DataLossError: MEDIA_MALFORMED; DECRYPTION_KEY_WRONG from the sink's check.
            AbortedError: MEDIA_CHANGED, the init segment is not the one given.
        """
        if self._failed:
            raise malformed("an earlier part already was")
        # Only a clean end of this method clears it: no byte follows one that was refused.
        self._failed = True
        if len(self._pending) + len(data) < self._needed:
            self._pending += data
        else:
            self._read(self._pending + data if self._pending else data)
            self._let_go()
        self._failed = False

    def _read(self, data: Buffer) -> None:
        with memoryview(data) as view:
            at = 0
            while len(view) - at >= self._needed:
                at = self._step(view, at)
            self._position += at
            # A new one: it waits for the next bytes, and `data` need not wait with it.
            self._pending = bytearray(view[at:])

    def _let_go(self) -> None:
        """Forget the samples that are done: a paced stream may wait long for the next bytes."""
        if self._in_data and self._fragment and self._next_sample:
            self._fragment = self._fragment.after(self._next_sample)
            self._vectors = self._vectors.after(self._next_sample)
            self._next_sample = 0

    def close(self) -> None:
        """The file is at its end.

        Raises:
            DataLossError: MEDIA_TRUNCATED, it ends inside a box, between a `moof` and its `mdat`,
                or has no fragment.
        """
        if self._failed:
            raise malformed("an earlier part already was")
        if not self.at_boundary:
            raise truncated("it ends inside a box or a fragment")
        if not self._fragments:
            raise truncated("it ends before the first fragment")

    def _step(self, view: memoryview, at: int) -> int:
        """Handle the next thing that is complete; returns the offset behind it.

        `_position` is that of the first byte of `view`.
        """
        if self._copy_left:
            return self._copy(view, at)
        if self._in_data and self._fragment:
            return self._samples(view, at, self._fragment)
        if self._header is None:
            return self._head(view, at)
        box = bytes(view[at : at + self._header.size])
        if self._header.kind == b"moov":
            self._read_moov(box)
        else:
            self._read_moof(box, self._position + at)
        self._header = None
        self._needed = _HEADER_NEEDED
        return at + len(box)

    def _head(self, view: memoryview, at: int) -> int:
        header = read_header(view, at)
        if header is None:
            self._needed = _LARGE_HEADER_NEEDED
            return at
        if header.kind in (b"moov", b"moof"):
            return self._collect(header, at)
        if header.kind == b"mdat":
            return self._begin_data(view, at, header)
        self._other_boxes += 1
        if header.size > MAX_OTHER_BYTES or self._other_boxes > MAX_OTHER_BOXES:
            raise malformed(f"too much of {printable(header.kind)} between the fragments")
        if self._fragment:
            self._make_room(self._fragment, self._position + at, header)
        head = bytes(view[at : at + header.length])
        self._keep(head)
        # Encryption headers that stand beside the fragments say nothing in a clear file.
        self._sink.copy(head[:4] + b"free" + head[8:] if header.kind == b"pssh" else head)
        self._copy_left = header.size - header.length
        self._needed = 1 if self._copy_left else _HEADER_NEEDED
        return at + header.length

    def _make_room(self, fragment: Fragment, position: int, header: Header) -> None:
        """Let a box (free, uuid, emsg, ...) pass between `moof` and `mdat`, which is legal.

        But only where the fragment's own offsets leave room for it: a broken size looks like one.
        """
        samples = self._moof_position + fragment.data_offset
        if position + header.size + _HEADER_NEEDED > samples:
            raise malformed(f"{printable(header.kind)} where 'mdat' belongs")
        self._sink.copy(self._clean_moof)
        self._clean_moof = b""

    def _collect(self, header: Header, at: int) -> int:
        if header.size > MAX_HEADER_BOX_BYTES or header.length != _HEADER_NEEDED:
            raise malformed(f"{printable(header.kind)} of {header.size} bytes")
        if self._fragment:
            raise malformed(f"{printable(header.kind)} where 'mdat' belongs")
        if header.kind == b"moov" and self._moov_seen:
            raise malformed("a second 'moov'")
        if header.kind == b"moof" and self._movie is None:
            raise malformed("a fragment before 'moov'")
        self._header = header
        self._needed = header.size
        return at

    def _copy(self, view: memoryview, at: int) -> int:
        part = bytes(view[at : at + self._copy_left])
        self._sink.copy(part)
        self._keep(part)
        self._copy_left -= len(part)
        if self._in_data and not self._copy_left:
            self._begin_samples()
        else:
            self._needed = 1 if self._copy_left else _HEADER_NEEDED
        return at + len(part)

    def _keep(self, data: bytes) -> None:
        if self._lead is not None:
            # Vectors are looked for in the first part of it only, see `find_records`.
            self._lead += data[: MAX_RECORD_BYTES - len(self._lead)]

    def _read_moov(self, box: bytes) -> None:
        known, self._known = self._known, None
        moov = known if known and known.data == box else MovieBox.read(box)
        movie = moov.movie
        self._moov_seen = True
        if self._movie is None:
            self._movie = movie
            self._use(movie)
        elif movie != self._movie:
            raise AbortedError(Reason.MEDIA_CHANGED, "the audio file is not the one begun with")
        self._sink.copy(moov.clean)

    def _use(self, movie: Movie) -> None:
        if movie.protection and self._cipher is None:
            raise key_missing()
        self._sink.begin(movie)

    def _read_moof(self, box: bytes, position: int) -> None:
        if self._movie is None:
            raise malformed("a fragment before 'moov'")
        fragment, clean = parse_fragment(box, self._movie, position)
        time = fragment.decode_time
        if time is not None and time > _LONGEST_SECONDS * self._movie.timescale:
            raise malformed("a fragment at a time beyond any song")
        if time is not None and self._time is not None:
            # A fragment may be a rounding off its place, not a second.
            if abs(time - self._time) > self._movie.timescale:
                raise malformed("a fragment that does not follow the one before in time")
        elif time is None:
            if self._time is None and self._begun_elsewhere:
                raise malformed("a fragment in the middle that does not say when it begins")
            time = self._time or 0
        self._time = time
        self._fragment = fragment
        self._lead = bytearray() if isinstance(fragment.vectors, VectorPlace) else None
        self._moof_position = position
        # It leaves with what follows, when the two have proven to fit each other.
        self._clean_moof = clean

    def _begin_data(self, view: memoryview, at: int, header: Header) -> int:
        fragment = self._fragment
        if fragment is None:
            raise malformed("'mdat' without 'moof'")
        end = at + header.length
        before = self._moof_position + fragment.data_offset - self._position - end
        if before != _record_bytes(fragment, self._position + end - self._moof_position):
            raise malformed("the samples do not begin where 'mdat' does")
        size = header.size - header.length - before
        if size != fragment.data_bytes or header.size > MAX_DATA_BYTES:
            raise malformed("the samples do not fill 'mdat'")
        head = bytes(view[at:end])
        self._keep(head)
        self._sink.copy(self._clean_moof + head)
        self._clean_moof = b""
        self._in_data = True
        self._other_boxes = 0
        if before:
            self._copy_left, self._needed = before, 1
        else:
            self._begin_samples()
        return end

    def _begin_samples(self) -> None:
        fragment = self._fragment
        if fragment is None:
            raise malformed("'mdat' without 'moof'")
        vectors = fragment.vectors
        if isinstance(vectors, VectorPlace):
            lead, self._lead = bytes(self._lead or b""), None
            vectors = vectors.read(lead, fragment.header_bytes, fragment.sizes)
        self._vectors = vectors
        self._fragment = replace(fragment, vectors=Vectors())
        self._next_sample = self._sample_at = 0
        self._needed = fragment.sizes[0]

    def _samples(self, view: memoryview, at: int, fragment: Fragment) -> int:
        """All samples that are complete; at least one is."""
        first, sizes, ends = self._next_sample, fragment.sizes, fragment.ends
        begin = at - self._sample_at  # of the fragment's samples, in `view`
        stop = bisect_right(ends, len(view) - begin, first)
        end = begin + ends[stop - 1]
        count = len(sizes)
        if self._movie and self._movie.protection and self._cipher:
            with view[at:end] as secret:
                frames = self._cipher.decrypt(secret, sizes, self._vectors, first, stop)
        else:
            frames = _slices(view, at, list(sizes[first:stop]))
        durations = list(fragment.durations[first:stop])
        time = self._time or 0
        self._time = time + sum(durations)
        self._next_sample, self._sample_at = stop, ends[stop - 1]
        if stop == count:
            self._in_data = False
            self._fragment = None
            self._vectors, self._next_sample = Vectors(), 0
            self._fragments += 1
            self._needed = _HEADER_NEEDED
        else:
            self._needed = sizes[stop]
        self._sink.samples(frames, time, durations)
        return end


def _record_bytes(fragment: Fragment, begin: int) -> int:
    """How many bytes of vectors lie in `mdat`, whose contents begin at `begin`, before the samples.

    All of them or none: what else could be there says nothing that this server knows.
    """
    place = fragment.vectors
    if not isinstance(place, VectorPlace) or place.begin < begin:
        return 0
    return place.total


def _slices(view: memoryview, at: int, sizes: list[int]) -> list[bytes]:
    frames = []
    for size in sizes:
        frames.append(bytes(view[at : at + size]))
        at += size
    return frames
