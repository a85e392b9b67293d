"""The `SongReading` port: a song as PCM, made of the same song as ADTS."""

import math
from bisect import bisect_right
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from applemusic_server.domain.content_key import ContentKey
from applemusic_server.domain.errors import OutOfRangeError, Reason, UnimplementedError
from applemusic_server.domain.media import AudioPiece, Room, SongFacts, SongReading, SongStart
from applemusic_server.domain.together import together
from applemusic_server.media.adts_frames import FRAME_SAMPLES
from applemusic_server.media.pcm_cut import PcmCut
from applemusic_server.media.pcm_decoding import PcmDecoding, not_supported
from applemusic_server.media.pcm_frames import PcmFrames, frame_at
from applemusic_server.media.pcm_stream import USUAL_FORMAT, PcmEtag, PcmFormat, pcm_digest
from applemusic_server.media.song_etag import media_changed
from applemusic_server.media.song_place import past_end

if TYPE_CHECKING:
    from applemusic_server.media.pcm_decoder import PcmDecoder

AAC_LC = "mp4a.40.2"
# A decoder takes over behind the beginning of a segment, so that one request fetches all it needs;
# behind, because the playlist's times are rounded (see `seek.TIME_TOLERANCE`). And then in it: a
# decoder costs as much as 0.3 s of audio, and so does beginning that much too early.
_BEHIND_SECONDS = 0.15
_RESTART_SECONDS, _LEAST_SECONDS = 5.0, 2.5
# More than two frames at any sample rate.
_MARGIN_SECONDS = 0.3
_EARLIER_SECONDS = 1.0

# Of what is decoded and not heard, so much at most is fetched in one range with what comes after.
MOST_UNHEARD_BYTES = 1 << 20

OpenAac = Callable[[timedelta, timedelta], SongReading]
"""Opens the song as ADTS at the fragment that holds a media time; of what follows that time, so
much is left out. Both are for choosing what to fetch."""


def restart_times(segments: Sequence[float], end: float) -> tuple[float, ...]:
    """Media times at which new decoders take over, in seconds; the first one is 0.

    Args:
        segments: When the segments begin, in seconds.
        end: When the last one ends.
    """
    times = [0.0]
    for begin, stop in pairwise((*segments, end)):
        time = begin + _BEHIND_SECONDS
        # Short segments need none each; long ones do, but for one that is at the beginning.
        wanted = time - times[-1] >= _LEAST_SECONDS or min(begin, stop - begin) >= _LEAST_SECONDS
        if wanted and time < end - _MARGIN_SECONDS:
            times.append(time)
        while (time := time + _RESTART_SECONDS) < stop - _LEAST_SECONDS:
            times.append(time)
    return tuple(times)


class PcmReading:
    """Reads a song as ADTS and decodes it.

    Args:
        open_aac: Opens the song as ADTS.
        decoding: Decodes.
        times: See `restart_times`.
        start: Where the stream begins. Its time is counted in what is to be heard: PCM has no
            priming.

    Raises:
        AbortedError: MEDIA_CHANGED, the etag is none of a PCM stream.
    """

    def __init__(
        self,
        open_aac: OpenAac,
        decoding: PcmDecoding,
        *,
        times: tuple[float, ...],
        start: SongStart,
    ) -> None:
        self._open_aac = open_aac
        self._decoding = decoding
        self._times = times
        self._start = start
        goes_on = start.byte_offset is not None
        self._etag = PcmEtag.parse(start.etag) if goes_on and start.etag else None
        self._asked = 0.0
        self._aac: SongReading | None = None
        self._earlier_bytes = self._earlier_resumes = 0
        self._format: PcmFormat | None = None
        self._cut: PcmCut | None = None
        self._frames: PcmFrames | None = None

    @property
    def upstream_bytes(self) -> int:
        """See `SongReading.upstream_bytes`."""
        return self._earlier_bytes + (self._aac.upstream_bytes if self._aac else 0)

    @property
    def resumes(self) -> int:
        """See `SongReading.resumes`."""
        return self._earlier_resumes + (self._aac.resumes if self._aac else 0)

    @property
    def held_bytes(self) -> int:
        """See `SongReading.held_bytes`; it is AAC that waits."""
        return self._aac.held_bytes if self._aac else 0

    async def aclose(self) -> None:
        """See `SongReading.aclose`."""
        aac, self._aac = self._aac, None
        if aac is not None:
            self._earlier_bytes += aac.upstream_bytes
            self._earlier_resumes += aac.resumes
            await aac.aclose()

    async def open(self) -> SongFacts:
        """See `SongReading.open`."""
        told = self._etag.format if self._etag else None
        assumed = told or USUAL_FORMAT
        _, aac = await together(self._decoding.load(), self._open_at(self._target(assumed)))
        found = PcmFormat(aac.sample_rate_hertz, aac.channel_count)
        if found != assumed and self._start.byte_offset and told is None:
            aac = await self._open_at(self._target(found))
        if aac.codec != AAC_LC:
            raise not_supported(f"{aac.codec} cannot be sent as PCM; ask for FMP4")
        digest = pcm_digest(aac.etag, self._restarts(found))
        etag = PcmEtag(digest, found, self._first(found))
        if self._etag not in (None, etag):
            raise media_changed()
        self._format = found
        self._cut = self._new_cut(aac, found, etag.first)
        total = aac.total_samples
        return replace(
            aac,
            mime_type=f"audio/L16;rate={found.rate};channels={found.channels}",
            codec="",
            total_bytes=(total - etag.first) * found.sample_bytes if total else 0,
            priming_samples=0,
            padding_samples=0,
            byte_offset=self._start.byte_offset or 0,
            etag=str(etag),
        )

    async def unlock(self, key: ContentKey | None) -> timedelta:
        """See `SongReading.unlock`."""
        cut, format_ = self._opened()
        start = self._decoder().start_of(cut.first_frame)
        begins = await self._source().unlock(key)
        while self._asked > 0 and (late := frame_at(begins, format_.rate) - start) > 0:
            # The playlist's times are not the file's: look for the frame further in front.
            seconds = max(_EARLIER_SECONDS, late * FRAME_SAMPLES / format_.rate)
            await self._open_at(self._target(format_), self._asked - seconds)
            begins = await self._source().unlock(key)
        self._frames = PcmFrames(format_, begins, start, cut.first_frame)
        return cut.media_offset

    async def hold(self, most_bytes: int) -> None:
        """See `SongReading.hold`."""
        await self._source().hold(most_bytes)

    async def pieces(self, room: Room) -> AsyncGenerator[AudioPiece, None]:
        """See `SongReading.pieces`."""
        cut, _ = self._opened()
        frames, decoder = self._frames, self._decoder()
        if frames is None:
            raise RuntimeError("pieces() before unlock()")
        async with aclosing(self._source().pieces(room)) as source:
            async for aac in source:
                for number, batch in frames.feed(aac):
                    # What comes after the last sample is read all the same: it tells whether the
                    # file is whole.
                    if piece := await self._decoded(decoder, number, batch):
                        yield piece
        if cut.total is None:
            cut.end_at(frames.end)
        for number, batch in frames.rest():
            if piece := await self._decoded(decoder, number, batch):
                yield piece
        if piece := cut.rest(frames.end):
            yield piece

    async def _decoded(
        self, decoder: "PcmDecoder", number: int, batch: list[bytes]
    ) -> AudioPiece | None:
        cut, _ = self._opened()
        if cut.complete:
            return None
        unheard = len(batch) if number < cut.first_frame else 0
        data = await self._decoding.decode(decoder, number, batch, unheard)
        return cut.piece(number, data) if data else None

    async def _open_at(self, target: float, time: float | None = None) -> SongFacts:
        """Open the AAC so that what is heard at `target` can be decoded.

        Args:
            target: Seconds into what is to be heard: the earliest media time that it may have.
            time: Media time to open at, in seconds, if not the restart before.
        """
        await self.aclose()
        if time is None:
            time = self._times[max(0, bisect_right(self._times, target - _MARGIN_SECONDS) - 1)]
        self._asked = max(0.0, time)
        unheard = max(0.0, target - self._asked)
        self._aac = self._open_aac(timedelta(seconds=self._asked), timedelta(seconds=unheard))
        try:
            return await self._aac.open()
        except UnimplementedError as error:
            raise not_supported("this song's AAC cannot be sent as PCM; ask for FMP4") from error

    def _target(self, format_: PcmFormat) -> float:
        """Where in what is to be heard the first sample is, in seconds."""
        offset = self._start.byte_offset
        if offset is None:
            return self._start.time.total_seconds()
        return (self._first(format_) + offset // format_.sample_bytes) / format_.rate

    def _first(self, format_: PcmFormat) -> int:
        """The sample with which the whole stream begins, or began when it was first asked for."""
        if self._start.byte_offset is None:
            return round(self._start.time.total_seconds() * format_.rate)
        return self._etag.first if self._etag else 0

    def _restarts(self, format_: PcmFormat) -> tuple[int, ...]:
        """The frames at which new decoders take over."""
        return tuple(math.ceil(time * format_.rate / FRAME_SAMPLES) for time in self._times)

    def _new_cut(self, aac: SongFacts, format_: PcmFormat, first: int) -> PcmCut:
        offset = self._start.byte_offset or 0
        sample = first + offset // format_.sample_bytes
        # Where nothing says how long the song is, a second more than it seems to be is let pass.
        total = aac.total_samples or round((aac.duration.total_seconds() + 1) * format_.rate)
        if sample >= total and offset:
            raise past_end(offset, max(0, total - first) * format_.sample_bytes)
        if sample >= total:
            raise OutOfRangeError(
                Reason.OFFSET_OUT_OF_RANGE,
                f"the start is outside of the song: {sample / format_.rate:.3f} s of "
                f"{total / format_.rate:.3f} s",
                metadata={"total": f"{total / format_.rate:.3f}"},
            )
        return PcmCut(
            format_,
            priming=aac.priming_samples,
            sample=sample,
            inside=offset % format_.sample_bytes,
            byte_offset=offset,
            total=aac.total_samples or None,
        )

    def _decoder(self) -> "PcmDecoder":
        _, format_ = self._opened()
        return self._decoding.decoder(format_, self._restarts(format_))

    def _opened(self) -> tuple[PcmCut, PcmFormat]:
        if self._cut is None or self._format is None:
            raise RuntimeError("the song is not open yet")
        return self._cut, self._format

    def _source(self) -> SongReading:
        if self._aac is None:
            raise RuntimeError("the song is not open")
        return self._aac
