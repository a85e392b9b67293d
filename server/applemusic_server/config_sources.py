"""Fills the settings from flags, environment and file, and says precisely what is wrong.

Later sources win: the file, then `APPLEMUSIC_<SECTION>__<KEY>` in the environment, then flags.
"""

import json
import stat
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from applemusic_server.config import Settings
from applemusic_server.config_environment import (
    CONFIG_VARIABLE,
    PREFIX,
    SEPARATOR,
    unknown_variables,
    variable_of,
)
from applemusic_server.config_section import Section
from applemusic_server.config_values import ANY_KEY, WrongValuesError, convert, known_paths

_LARGEST_FILE: Final = 1 << 20

Tree = dict[str, Any]
KeyPath = tuple[str, ...]


class ConfigurationError(Exception):
    """The configuration cannot be used; each problem is a sentence for the operator."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Source:
    """Values from one place, and what to call that place."""

    name: str
    values: Mapping[str, Any]

    def origin(self, path: str) -> str:
        """Say where the value at `path`, or the section of that name, came from."""
        if self.name == "environment":
            section = "" if "." in path else f"{SEPARATOR}..."
            return f"environment variable {variable_of(tuple(path.split('.')))}{section}"
        return self.name


def load(
    environment: Mapping[str, str],
    flags: Mapping[str, Any],
    config_file: Path | None = None,
) -> Settings:
    """Return the settings.

    Args:
        environment: As `os.environ`; `APPLEMUSIC_CONFIG` names the file if `config_file` does not.
        flags: Values by dotted path, e.g. `{"grpc.port": 0}`.
        config_file: TOML file; None for none.

    Raises:
        ConfigurationError: The file cannot be read, or a key or value in any source is wrong.
    """
    if config_file is None and environment.get(CONFIG_VARIABLE):
        config_file = Path(environment[CONFIG_VARIABLE])
    sources = []
    if config_file is not None:
        sources.append(Source(str(config_file), _read_toml(config_file)))
    sources.append(Source("environment", _from_environment(environment)))
    sources.append(Source("command line", _from_flags(flags)))
    problems = list(unknown_variables(environment, Settings))
    problems += [problem for source in sources for problem in unknown_keys(source, Settings)]
    if problems:
        raise ConfigurationError(problems)
    merged: Tree = {}
    for source in sources:
        merged = _merge(merged, source.values)
    try:
        return convert(merged, Settings)
    except WrongValuesError as error:
        raise ConfigurationError(list(_explain(error, sources))) from None


def check_secret_files(settings: Settings) -> None:
    """Check that each file with a secret is there and not for everybody to read.

    Raises:
        ConfigurationError: One of them is missing, not a file, or readable by others.
    """
    problems = []
    for key, path in settings.secret_files().items():
        try:
            status = path.stat()
        except OSError as error:
            problems.append(f"{key}: cannot read {path}: {error.strerror}")
            continue
        if not stat.S_ISREG(status.st_mode):
            problems.append(f"{key}: {path} is not a file")
        elif status.st_mode & stat.S_IRWXO:
            problems.append(
                f"{key}: every user of this machine can read {path}. Run: chmod o-rwx {path}"
            )
    if problems:
        raise ConfigurationError(problems)


def unknown_keys(source: Source, kind: type[Section]) -> Iterator[str]:
    """Return a sentence for each key of a source that a section does not have."""
    known = set(known_paths(kind))
    yield from _unknown_below((), (), source.values, source, known)


def _read_toml(path: Path) -> Tree:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
    except OSError as error:
        raise ConfigurationError([f"cannot read {path}: {error.strerror}"]) from None
    if len(content) > _LARGEST_FILE:
        raise ConfigurationError([f"{path} is larger than {_LARGEST_FILE} bytes"])
    try:
        return tomllib.loads(content.decode())
    except UnicodeDecodeError:
        raise ConfigurationError([f"{path} is not UTF-8 text"]) from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigurationError([f"{path} is not TOML: {error}"]) from None


def _from_environment(environment: Mapping[str, str]) -> Tree:
    """Read `APPLEMUSIC_A__B=x` as `{a: {b: x}}`."""
    tree: Tree = {}
    for name, value in sorted(environment.items()):
        if name.startswith(PREFIX) and SEPARATOR in name:
            path = name.removeprefix(PREFIX).lower().split(SEPARATOR)
            _put(tree, path, _parse(value))
    return tree


def _from_flags(flags: Mapping[str, Any]) -> Tree:
    tree: Tree = {}
    for path, value in flags.items():
        if value is not None:
            _put(tree, path.split("."), _parse(value) if isinstance(value, str) else value)
    return tree


def _parse(value: str) -> Any:
    """Lists and tables are written as JSON where only text can be given."""
    if value[:1] in {"[", "{"}:
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _put(tree: Tree, path: Sequence[str], value: Any) -> None:
    *parents, last = path
    for part in parents:
        inner = tree.setdefault(part, {})
        if not isinstance(inner, dict):
            return
        tree = inner
    tree[last] = value


def _merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> Tree:
    merged = dict(below)
    for key, value in above.items():
        if isinstance(value, Mapping) and isinstance(merged.get(key), Mapping):
            merged[key] = _merge(merged[key], value)
        else:
            merged[key] = value
    return merged


def _unknown_below(
    path: KeyPath, pattern: KeyPath, values: Mapping[Any, Any], source: Source, known: set[KeyPath]
) -> Iterator[str]:
    """Look for unknown keys in what is known as `pattern` and found at `path`."""
    beside = {each[-1] for each in known if each[:-1] == pattern}
    if not beside:
        return  # the keys of this table are the operator's to choose
    for key, value in values.items():
        inner = (*path, str(key))
        part = ANY_KEY if ANY_KEY in beside else str(key)
        if part not in beside:
            yield _unknown(inner, beside, known, source)
        elif isinstance(value, Mapping):
            yield from _unknown_below(inner, (*pattern, part), value, source, known)


def _unknown(path: KeyPath, beside: set[str], known: set[KeyPath], source: Source) -> str:
    import difflib  # noqa: PLC0415 - for mistakes only

    *above, last = path
    names = {".".join((*above, key)) for key in beside}
    if above:
        names |= {".".join(each) for each in known if len(each) > 1 and ANY_KEY not in each}
    name = ".".join(path)
    # A key in the wrong section is as common a slip as a misspelt one.
    nearest = difflib.get_close_matches(name, sorted(names), n=1, cutoff=0.5) or [
        other for other in sorted(names) if other.rpartition(".")[2] == last
    ]
    hint = f"; did you mean {nearest[0]}?" if nearest else ""
    return f"{source.origin(name)}: there is no setting {name}{hint}"


def _explain(error: WrongValuesError, sources: Sequence[Source]) -> Iterator[str]:
    for wrong in error.wrong:
        path = ".".join(wrong.path)
        origin = next(
            (
                source.origin(path)
                for source in reversed(sources)
                if _has(source.values, wrong.path)
            ),
            "",
        )
        yield ": ".join(part for part in (origin, path, wrong.message) if part)


def _has(values: Any, path: Sequence[str]) -> bool:
    for part in path:
        if not isinstance(values, Mapping) or part not in values:
            return False
        values = values[part]
    return bool(path)
