"""Lyrics from Apple's TTML (reference: observed; Apple documents nothing of it)."""

import re
from collections.abc import Iterator
from datetime import timedelta

from applemusic_server.domain.language import closest_language_tag
from applemusic_server.domain.lyrics import (
    Lyrics,
    LyricsAgent,
    LyricsLine,
    LyricsSyllable,
    LyricsTiming,
)
from applemusic_server.upstream.parse.xml_tree import Node, XmlRefusedError, parse_xml

_TIMINGS = {
    "word": LyricsTiming.WORD,
    "line": LyricsTiming.LINE,
    "none": LyricsTiming.NONE,
}
_TIME = re.compile(r"(?:(?:([0-9]{1,3}):)?([0-9]{1,4}):)?([0-9]{1,6})(?:\.([0-9]{1,9}))?s?")
_LONGEST_SECONDS = 24 * 3600
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,4}")
_BACKGROUND, _TRANSLATION, _TRANSLITERATION = "x-bg", "x-translation", "x-roman"


class LyricsMalformedError(ValueError):
    """The text is no TTML of lyrics; the message quotes nothing of it."""


def parse_ttml(text: str, translation_language: str = "") -> Lyrics:
    """Build lyrics from TTML.

    Whitespace counts: a blank between two `span`s is where a word ends.

    Args:
        text: The document.
        translation_language: BCP-47 tag; empty leaves translations out.

    Raises:
        LyricsMalformedError: Not XML, too large, too deep, or a time that is none.
    """
    try:
        root = parse_xml(text)
    except XmlRefusedError as error:
        raise LyricsMalformedError(str(error)) from None
    if root.name != "tt":
        raise LyricsMalformedError("its root is not tt")
    translations = _localized(root, "translation", translation_language)
    romanized = _localized(root, "transliteration", "")
    lines = tuple(
        _line(node, part, translations, romanized, translated=bool(translation_language))
        for node, part in _paragraphs(root)
    )
    lines = tuple(line for line in lines if line.text)
    return Lyrics(
        language=root.attributes.get("lang", ""),
        timing=_timing(root, lines),
        lines=lines,
        agents=tuple(_agents(root)),
        songwriters=tuple(
            name for node in root.all("songwriter") if (name := _clean(node.words()))
        ),
    )


def _timing(root: Node, lines: tuple[LyricsLine, ...]) -> LyricsTiming:
    """Return what the document says, or less where its lines do not hold it."""
    said = _TIMINGS.get(root.attributes.get("timing", "").lower(), LyricsTiming.WORD)
    if said is LyricsTiming.WORD and not any(line.syllables or line.background for line in lines):
        said = LyricsTiming.LINE
    if said is LyricsTiming.LINE and not any(line.start is not None for line in lines):
        said = LyricsTiming.NONE
    return said


def _paragraphs(root: Node) -> Iterator[tuple[Node, str]]:
    """Yield the lines with the part of the song that they are in."""
    for body in root.all("body"):
        for node in body.children:
            if node.name == "p":
                yield node, ""
            else:
                part = node.attributes.get("songPart", "")
                yield from ((line, part) for line in node.all("p"))


def _agents(root: Node) -> Iterator[LyricsAgent]:
    for node in root.all("agent"):
        agent_id = node.attributes.get("id", "")
        if agent_id:
            name = next((_clean(each.words()) for each in node.all("name")), "")
            yield LyricsAgent(agent_id, name, group=node.attributes.get("type") == "group")


def _localized(root: Node, name: str, language: str) -> dict[str, str]:
    """Return the translated or transliterated lines by key: of one language, or of the first."""
    blocks = list(root.all(name))
    tags = [node.attributes.get("lang", "") for node in blocks]
    if name == "translation":
        wanted = closest_language_tag(language, [tag for tag in tags if _LANGUAGE.fullmatch(tag)])
        blocks = [node for node, tag in zip(blocks, tags, strict=True) if wanted and tag == wanted]
    found: dict[str, str] = {}
    for block in blocks[:1]:
        for node in block.all("text"):
            found.setdefault(node.attributes.get("for", ""), _clean(node.words()))
    return found


def _line(
    node: Node,
    part: str,
    translations: dict[str, str],
    romanized: dict[str, str],
    *,
    translated: bool,
) -> LyricsLine:
    key = node.attributes.get("key", "")
    asides = {role: _aside(node, role) for role in (_TRANSLATION, _TRANSLITERATION)}
    translation = translations.get(key, "") or (asides[_TRANSLATION] if translated else "")
    background = [each for each in node.children if each.attributes.get("role") == _BACKGROUND]
    words = [_clean(_lead_words(node)), *(_clean(_lead_words(each)) for each in background)]
    start, end = _span(node)
    return LyricsLine(
        text=" ".join(each for each in words if each),
        start=start,
        end=end,
        agent_id=node.attributes.get("agent", ""),
        syllables=tuple(_syllables(node)),
        background=tuple(each for voice in background for each in _syllables(voice)),
        translation=translation,
        transliteration=romanized.get(key, "") or asides[_TRANSLITERATION],
        part=part,
    )


def _lead_words(node: Node) -> str:
    """Return the text of a line or of its background, without what stands in a role of its own."""
    return node.text + "".join(
        ("" if child.attributes.get("role") else _lead_words(child)) + child.tail
        for child in node.children
    )


def _aside(node: Node, role: str) -> str:
    spans = (each for each in node.all("span") if each.attributes.get("role") == role)
    return next((_clean(each.words()) for each in spans), "")


def _syllables(node: Node) -> Iterator[LyricsSyllable]:
    """Yield the timed spans right inside a line or its background."""
    spans = [each for each in node.children if not each.attributes.get("role")]
    for span in spans:
        start, end = _span(span)
        words = span.words()
        text = _clean(words)
        if start is None or end is None or not text:
            continue
        ends_word = span is spans[-1] or words[-1].isspace() or span.tail[:1].isspace()
        yield LyricsSyllable(text, start, end, word_end=ends_word)


def _span(node: Node) -> tuple[timedelta | None, timedelta | None]:
    start, end = _time(node, "begin"), _time(node, "end")
    if start is not None and end is not None and end < start:
        end = start
    return start, end


def _time(node: Node, name: str) -> timedelta | None:
    value = node.attributes.get(name, "").strip()
    if not value:
        return None
    match = _TIME.fullmatch(value)
    if match is None:
        raise LyricsMalformedError("a time is none")
    hours, minutes, seconds, fraction = match.groups()
    total = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds)
    if total > _LONGEST_SECONDS:
        raise LyricsMalformedError("a time lies beyond a day")
    return timedelta(seconds=total, microseconds=int((fraction or "").ljust(6, "0")[:6]))


def _clean(text: str) -> str:
    return " ".join(text.split())
