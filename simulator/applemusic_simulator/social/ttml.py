"""Lyrics as the TTML that Apple's web host sends (reference section 7). Whitespace matters."""

from xml.sax.saxutils import escape, quoteattr

from applemusic_simulator.social.lyrics import Line, Lyrics, Section, Timing, Words

_TTML = "http://www.w3.org/ns/ttml"
_METADATA = "http://www.w3.org/ns/ttml#metadata"
_INTERNAL = "http://music.apple.com/lyric-ttml-internal"
TRANSLATED_TO = "en"
_MS, _SECONDS, _MINUTES = 1000, 60, 60


def write_ttml(
    lyrics: Lyrics, timing: Timing, *, translation: bool = False, transliteration: bool = False
) -> str:
    """Write a document.

    Args:
        lyrics: What is sung.
        timing: Not finer than the lyrics'.
        translation: With what it means, where it is not in English.
        transliteration: With Latin letters, where it is in others.
    """
    extra = ""
    if translation and lyrics.is_foreign:
        extra += _translations(lyrics)
    if transliteration and lyrics.is_foreign:
        extra += _transliterations(lyrics, timing)
    timed = timing is not Timing.NONE
    duration = f' dur="{time_text(lyrics.duration)}"' if timed else ""
    divisions = "".join(_division(section, timing) for section in lyrics.sections)
    return (
        f'<tt xmlns="{_TTML}" xmlns:itunes="{_INTERNAL}" xmlns:ttm="{_METADATA}" '
        f'itunes:timing="{timing}" xml:lang="{lyrics.language}">'
        f"<head><metadata>{_agents(lyrics) if timed else ''}"
        f'<iTunesMetadata xmlns="{_INTERNAL}">{extra}{_songwriters(lyrics)}</iTunesMetadata>'
        f"</metadata></head><body{duration}>{divisions}</body></tt>"
    )


def time_text(milliseconds: int) -> str:
    """`9.500`, `1:02.000` or `1:00:00.000`: no more in front than needed."""
    seconds, rest = divmod(milliseconds, _MS)
    minutes, seconds = divmod(seconds, _SECONDS)
    hours, minutes = divmod(minutes, _MINUTES)
    if hours:
        return f"{hours}:{minutes:02}:{seconds:02}.{rest:03}"
    return f"{minutes}:{seconds:02}.{rest:03}" if minutes else f"{seconds}.{rest:03}"


def _agents(lyrics: Lyrics) -> str:
    return "".join(f'<ttm:agent type="{kind}" xml:id="{key}"/>' for key, kind in lyrics.agents)


def _songwriters(lyrics: Lyrics) -> str:
    names = "".join(f"<songwriter>{escape(name)}</songwriter>" for name in lyrics.songwriters)
    return f"<songwriters>{names}</songwriters>"


def _division(section: Section, timing: Timing) -> str:
    if timing is Timing.NONE:
        lines = "".join(f"<p>{escape(line.verse.text)}</p>" for line in section.lines)
        return f"<div>{lines}</div>"
    begin, end = section.lines[0].begin, section.lines[-1].end
    lines = "".join(_line(line, timing) for line in section.lines)
    return f'<div{_span(begin, end)} itunes:songPart="{section.part}">{lines}</div>'


def _line(line: Line, timing: Timing) -> str:
    if timing is Timing.WORD:
        text = _words(line.words)
        if line.echo:
            text += f' <span ttm:role="x-bg">{_words(line.echo)}</span>'
    else:
        text = escape(" ".join(filter(None, (line.verse.text, line.verse.echo))))
    return (
        f'<p{_span(line.begin, line.end)} itunes:key="{line.key}" ttm:agent="{line.agent}">'
        f"{text}</p>"
    )


def _words(words: Words, namespace: str = "") -> str:
    declared = f" xmlns={quoteattr(namespace)}" if namespace else ""
    return " ".join(
        "".join(
            f"<span{_span(part.begin, part.end)}{declared}>{escape(part.text)}</span>"
            for part in word
        )
        for word in words
    )


def _span(begin: int, end: int) -> str:
    return f' begin="{time_text(begin)}" end="{time_text(end)}"'


def _lines(lyrics: Lyrics) -> list[Line]:
    return [line for section in lyrics.sections for line in section.lines]


def _translations(lyrics: Lyrics) -> str:
    texts = "".join(
        f'<text for="{line.key}">{escape(line.verse.english)}</text>' for line in _lines(lyrics)
    )
    return (
        f'<translations><translation type="subtitle" xml:lang="{TRANSLATED_TO}">{texts}'
        "</translation></translations>"
    )


def _transliterations(lyrics: Lyrics, timing: Timing) -> str:
    by_word = timing is Timing.WORD
    texts = "".join(
        f'<text for="{line.key}">'
        f"{_words(line.roman, _TTML) if by_word else escape(line.verse.roman)}</text>"
        for line in _lines(lyrics)
    )
    return (
        f'<transliterations><transliteration xml:lang="{lyrics.language}-Latn">{texts}'
        "</transliteration></transliterations>"
    )
