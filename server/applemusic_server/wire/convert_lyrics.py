"""Lyrics as messages of the contract, structured and as text."""

from datetime import timedelta

from google.protobuf.duration_pb2 import Duration

from applemusic.v1 import catalog_service_pb2 as pb
from applemusic_server.application.lrc import enhanced_lrc, lrc, plain_text
from applemusic_server.domain.lyrics import Lyrics, LyricsLine, LyricsSyllable
from applemusic_server.wire.convert import duration
from applemusic_server.wire.enums import LYRICS_TIMINGS


def lyrics_message(lyrics: Lyrics) -> pb.Lyrics:
    """Return lyrics."""
    return pb.Lyrics(
        language=lyrics.language,
        timing=LYRICS_TIMINGS[lyrics.timing],
        lines=map(_line, lyrics.lines),
        agents=[
            pb.LyricsAgent(id=agent.id, name=agent.name, group=agent.group)
            for agent in lyrics.agents
        ],
        songwriters=lyrics.songwriters,
        plain_text=plain_text(lyrics),
        lrc=lrc(lyrics),
        enhanced_lrc=enhanced_lrc(lyrics),
    )


def _line(line: LyricsLine) -> pb.LyricsLine:
    return pb.LyricsLine(
        text=line.text,
        start_offset=_offset(line.start),
        end_offset=_offset(line.end),
        agent_id=line.agent_id,
        syllables=map(_syllable, line.syllables),
        background_syllables=map(_syllable, line.background),
        translation=line.translation,
        transliteration=line.transliteration,
        song_part=line.part,
    )


def _syllable(syllable: LyricsSyllable) -> pb.LyricsSyllable:
    return pb.LyricsSyllable(
        text=syllable.text,
        start_offset=duration(syllable.start),
        end_offset=duration(syllable.end),
        word_end=syllable.word_end,
    )


def _offset(position: timedelta | None) -> Duration | None:
    return None if position is None else duration(position)
