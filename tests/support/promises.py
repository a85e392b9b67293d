"""What the contract promises about errors, read from its comments."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

_PROTO = Path(__file__).resolve().parents[2] / "proto/applemusic/v1/error_reason.proto"
_VALUE = re.compile(r"((?:  // .*\n)+)  ERROR_REASON_([A-Z_]+) = \d+;")
_METADATA = re.compile(r"Metadata: (.*?)\.(?: |$)")


@cache
def promised_metadata() -> Mapping[str, frozenset[str]]:
    """The metadata keys of each reason that are always there."""
    promises: dict[str, frozenset[str]] = {}
    for comment, reason in _VALUE.findall(_PROTO.read_text(encoding="utf-8")):
        text = " ".join(line.strip().removeprefix("// ") for line in comment.splitlines())
        listed = _METADATA.search(text)
        always = re.sub(r"`\w+` where [^,]*|`scope` or `account`", "", listed[1] if listed else "")
        keys = re.sub(r"\([^)]*\)", "", always)
        promises[reason] = frozenset(re.findall(r"`(\w+)`", keys))
    return promises
