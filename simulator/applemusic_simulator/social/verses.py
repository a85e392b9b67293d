"""Words to sing: harmless verses, the same for a song every time."""

import random
import re
from dataclasses import dataclass

_RHYMES = (
    ("light", "night", "kite", "satellite"),
    ("rain", "train", "lane", "window pane", "weather vane"),
    ("sea", "tea", "key", "honeybee", "library"),
    ("sky", "butterfly", "apple pie", "lullaby"),
    ("town", "gown", "dressing gown", "paper crown"),
    ("day", "bay", "hay", "ballet", "holiday"),
)
_THINGS = (
    *("lantern", "harbour", "kettle", "garden", "sparrow", "compass", "bicycle", "blanket"),
    *("pocket", "letter", "ladder", "button", "teapot", "postcard", "pebble", "pillow", "mirror"),
)
_QUALITIES = ("little", "silver", "sleepy", "gentle", "golden", "crooked", "quiet", "wooden")
_DOING = ("humming", "waiting", "turning", "dancing", "floating", "laughing", "drifting")
_FIRST = (
    "The {quality} {thing} is {doing} in the {rhyme}",
    "I found a {quality} {thing} beside the {rhyme}",
    "Somebody left a {thing} out for the {rhyme}",
    "We carried a {thing} all the way to the {rhyme}",
)
_SECOND = (
    "And every {thing} keeps {doing} toward the {rhyme}",
    "So bring me a {thing} and a bit of {rhyme}",
    "Nobody knows why the {thing} likes the {rhyme}",
    "It makes a {quality} {thing} think of the {rhyme}",
)
_ECHOES = ("(ooh, {thing})", "(one more time)", "(la la, {thing})", "(all together)")

# As it is sung, in Latin letters, in English.
_GREEK_WHO = (
    ("η θάλασσα", "i thálassa", "the sea"),
    ("η βροχή", "i vrochí", "the rain"),
    ("η νύχτα", "i nýchta", "the night"),
    ("η αυλή", "i avlí", "the courtyard"),
    ("η βάρκα", "i várka", "the little boat"),
    ("η γάτα", "i gáta", "the cat"),
)
_GREEK_DOES = (
    ("τραγουδά", "tragoudá", "sings"),
    ("κοιμάται", "koimátai", "sleeps"),
    ("περιμένει", "periménei", "waits"),
    ("χορεύει", "chorévei", "dances"),
    ("γελά", "gelá", "laughs"),
)
_GREEK_HOW = (
    ("απόψε", "apópse", "tonight"),
    ("σιγά", "sigá", "softly"),
    ("ξανά", "xaná", "again"),
    ("εδώ", "edó", "here"),
)
_SYLLABLE = re.compile(r"[^aeiouy]*[aeiouy]+(?:[^aeiouy]+$|[^aeiouy](?=[^aeiouy]))?", re.IGNORECASE)
_SILENT = re.compile(r"[^aeiouyl]e[ds]?")
_TOO_SHORT_TO_CUT = 3


@dataclass(frozen=True, slots=True)
class Verse:
    """One line of a song.

    Attributes:
        echo: What a second voice sings after it, or empty.
        roman: The same in Latin letters, empty where it is in them already.
        english: What it means, empty where it is English.
    """

    text: str
    echo: str = ""
    roman: str = ""
    english: str = ""


def english_verses(chance: random.Random, count: int, *, echoes: bool) -> list[Verse]:
    """Lines that rhyme in pairs."""
    lines: list[Verse] = []
    while len(lines) < count:
        rhymes = chance.sample(chance.choice(_RHYMES), 2)
        for templates, rhyme in zip((_FIRST, _SECOND), rhymes, strict=True):
            text = chance.choice(templates).format(
                quality=chance.choice(_QUALITIES),
                thing=chance.choice(_THINGS),
                doing=chance.choice(_DOING),
                rhyme=rhyme,
            )
            lines.append(Verse(text))
        if echoes:
            echo = chance.choice(_ECHOES).format(thing=chance.choice(_THINGS))
            lines[-1] = Verse(lines[-1].text, echo)
    return lines[:count]


def greek_verses(chance: random.Random, count: int) -> list[Verse]:
    """Lines in another script, with what they sound like and what they mean."""
    lines = []
    for _ in range(count):
        who, does, how = (chance.choice(part) for part in (_GREEK_WHO, _GREEK_DOES, _GREEK_HOW))
        text, roman, english = (" ".join(words) for words in zip(who, does, how, strict=True))
        lines.append(Verse(text, roman=roman, english=english.capitalize()))
    return lines


def syllables(word: str) -> list[str]:
    """A word cut where it is sung in parts; together they are the word again.

    Words in other letters than Latin ones stay whole.
    """
    if len(word) <= _TOO_SHORT_TO_CUT:
        return [word]
    parts = _SYLLABLE.findall(word)
    cut = "".join(parts)
    if not parts or not word.startswith(cut):
        return [word]
    parts[-1] += word[len(cut) :]
    if len(parts) > 1 and _SILENT.fullmatch(parts[-1]):
        parts[-2:] = ["".join(parts[-2:])]
    return parts
