"""A pytest plugin that puts another version of Music Assistant's models in front.

`MA_MODELS` says which: `oldest` or `newest`, from `.venv/ma-models`.

The newest models are written for Python 3.12. On Python 3.11 two of their statements are rewritten
while they are imported: a type alias, and a generic class. Nothing that the provider uses changes.
"""

import importlib.abc
import importlib.machinery
import importlib.util
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from types import CodeType, ModuleType

FOLDER = Path(sys.prefix) / "ma-models"
_ALIAS = re.compile(r"^type (\w+) = (?:\((?:.|\n)*?\n\)|.*)$", re.MULTILINE)
_GENERIC = re.compile(r"^class (\w+)\[(\w+)\]\((.*?)\):", re.MULTILINE)


class _Loader(importlib.machinery.SourceFileLoader):
    """Compiles the rewritten source, and keeps no byte code of it."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        text = self.get_data(path).decode()
        text = _ALIAS.sub(r"\1 = __import__('typing').Any", text)
        text = _GENERIC.sub(r"class \1(\3, __import__('typing').Generic[\2]):", text)
        return compile(text, path, "exec", dont_inherit=True)


class _Finder(importlib.abc.MetaPathFinder):
    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname.partition(".")[0] != "music_assistant_models":
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = _Loader(fullname, spec.origin)
        return spec


def use(age: str) -> None:
    """Put a version in front of the installed one.

    Raises:
        FileNotFoundError: It is not installed: `make setup`.
    """
    folder = FOLDER / age
    if not (folder / "music_assistant_models").is_dir():
        raise FileNotFoundError(f"{folder} is not there: make setup")
    if any(name.partition(".")[0] == "music_assistant_models" for name in sys.modules):
        raise RuntimeError("music_assistant_models was imported already")
    sys.path.insert(0, str(folder))
    if sys.version_info < (3, 12):
        sys.meta_path.insert(0, _Finder())


if os.environ.get("MA_MODELS"):
    use(os.environ["MA_MODELS"])
