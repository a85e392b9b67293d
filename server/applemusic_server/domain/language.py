"""Language tags: which are well formed, and which of a storefront's comes closest."""

import re
from collections.abc import Sequence

from applemusic_server.domain.errors import invalid_field

# RFC 5646: language, script, region, variants, extensions, private use.
_WELL_FORMED = re.compile(
    r"[a-z]{2,3}(-[a-z]{3}){0,3}(-[a-z]{4})?(-([a-z]{2}|[0-9]{3}))?"
    r"(-([a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*(-[a-wy-z0-9](-[a-z0-9]{2,8})+)*(-x(-[a-z0-9]{1,8})+)?",
    re.IGNORECASE | re.ASCII,
)
_LONGEST = 64
_SCRIPT_LETTERS = 4
# Chinese without a script is written in the one of its region.
_REGION_SCRIPTS = {
    ("zh", "cn"): "hans",
    ("zh", "sg"): "hans",
    ("zh", "tw"): "hant",
    ("zh", "hk"): "hant",
    ("zh", "mo"): "hant",
}


def check_language_tag(value: str, field_name: str = "options.language") -> str:
    """Return `value` if it is empty or a well-formed BCP-47 tag.

    Raises:
        InvalidArgumentError: INVALID_FIELD.
    """
    if value and (len(value) > _LONGEST or not _WELL_FORMED.fullmatch(value)):
        raise invalid_field(field_name, "a language is a BCP-47 tag such as 'de' or 'pt-BR'")
    return value


def closest_language_tag(wanted: str, supported: Sequence[str]) -> str:
    """Return the supported tag that comes closest to a well-formed one; empty when none does.

    The same tag wins; then the same language and script; then the same language. Earlier tags win
    over later ones, since a storefront names its default first.

    Args:
        wanted: A well-formed tag.
        supported: Tags of a storefront, as Apple writes them.
    """
    lowered = wanted.lower()
    for tag in supported:
        if tag.lower() == lowered:
            return tag
    language, script = _language_and_script(lowered)
    same_language = [tag for tag in supported if _language_and_script(tag.lower())[0] == language]
    same_script = [tag for tag in same_language if _language_and_script(tag.lower())[1] == script]
    return next(iter((*same_script, *same_language)), "")


def _language_and_script(tag: str) -> tuple[str, str]:
    language, *rest = tag.split("-")
    for part in rest:
        if len(part) == _SCRIPT_LETTERS and part.isalpha():
            return language, part
    scripts = (_REGION_SCRIPTS.get((language, part), "") for part in rest)
    return language, next((script for script in scripts if script), "")
