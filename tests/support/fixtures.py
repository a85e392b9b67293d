"""The recorded answers of Apple's, which are not part of the repository."""

import json
import os
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]


def fixtures_folder() -> Path:
    """Where they are; the calling test is skipped, loudly, when they are nowhere.

    With CI=true their absence is a failure.
    """
    named = os.environ.get("APPLEMUSIC_FIXTURES")
    folder = Path(named) if named else _ROOT.parent / "shared" / "fixtures" / "apple"
    if not folder.is_dir() and not named:
        # Beside a work tree of the repository rather than beside the repository.
        folder = _ROOT.parents[1] / "shared" / "fixtures" / "apple"
    if not folder.is_dir():
        message = "recorded answers not found: set APPLEMUSIC_FIXTURES to their folder"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return folder


def recorded(name: str) -> bytes:
    """One recorded answer as Apple's wire has it.

    Apple's documentation prints a blank after each colon inside of strings in some samples
    (`https: //`, `T07: 14: 47Z`); the wire has none.
    """
    text = (fixtures_folder() / "apple-docs" / name).read_text("utf-8")
    value = json.loads(text, strict=False)
    return json.dumps(_mended(value)).encode()


def _mended(value: object) -> object:
    if isinstance(value, dict):
        return {key: _mended(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_mended(each) for each in value]
    if isinstance(value, str) and ("https: //" in value or _is_spaced_moment(value)):
        return value.replace(": ", ":")
    return value


def _is_spaced_moment(value: str) -> bool:
    return len(value) < 30 and value.endswith("Z") and "T" in value and ": " in value
