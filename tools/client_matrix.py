"""Try the Python client, and the provider, with the versions that they say they work with.

    python -m tools.client_matrix [--python 3.11 ...] [--versions lowest ...]

For every version of Python that can be had, and for the lowest and the newest dependencies, the
wheel is installed into an environment of its own below build/client-matrix, and the client's tests
run there: those below tests/unit/client, which need neither the server nor the simulator. With the
versions `music-assistant` those below tests/unit/ma run, of the Music Assistant provider, with the
newest models that Music Assistant has for that Python.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.debian_python import UnavailableError, unpack

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "client-matrix"
PYTHONS = ROOT / "build" / "pythons"
PROVIDER = "music-assistant"
VERSIONS = ("lowest", "protobuf6", "newest", PROVIDER)
PYTHON_VERSIONS = ("3.11", "3.12", "3.13", "3.14")
TESTS = "tests/unit/client"
PROVIDER_TESTS = "tests/unit/ma"
# Music Assistant's newest models do not run on it, and no Music Assistant does.
WITHOUT_PROVIDER = "3.11"
_ABOUT = (
    "import json, platform; from importlib.metadata import version; "
    "print(json.dumps([platform.python_version(), version('grpcio'), version('protobuf')]))"
)


@dataclass(frozen=True)
class Result:
    """How one combination did."""

    python: str
    versions: str
    grpcio: str
    protobuf: str
    passed: bool
    said: str
    seconds: float


def find_python(version: str) -> Path | None:
    """Return an interpreter of a version such as `3.14`: of this machine, else fetched."""
    for path in _installed(version):
        # What pyenv puts on the PATH can be a name for a version that is not chosen.
        asked = "import sys; print('%d.%d' % sys.version_info[:2])"
        said = subprocess.run([path, "-c", asked], capture_output=True, text=True, check=False)
        if said.stdout.strip() == version:
            return path
    try:
        return unpack(version, PYTHONS / version)
    except UnavailableError as error:
        print(f"Python {version} is not here and cannot be fetched: {error}", file=sys.stderr)
        return None


def _installed(version: str) -> Iterator[Path]:
    name = f"python{version}"
    if (found := shutil.which(name)) is not None:
        yield Path(found)
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted(pyenv.glob(f"versions/{version}.*/bin/{name}"))


def build_wheel() -> Path:
    """Build the client's wheel and return it."""
    target = BUILD / "dist"
    shutil.rmtree(target, ignore_errors=True)
    _run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target), at="client")
    return next(target.glob("*.whl"))


def make_environment(python: Path, versions: str, wheel: Path, folder: Path) -> Path:
    """Make an environment with the wheel and what the lock names; return its interpreter."""
    uv = (str(Path(sys.executable).parent / "uv"), "--no-config")
    _run(*uv, "venv", "--quiet", "--clear", "--python", str(python), str(folder))
    own = folder / "bin" / "python"
    install = (*uv, "pip", "install", "--quiet", "--python", str(own))
    _run(*install, "--require-hashes", "-r", f"requirements/client-{versions}.lock")
    _run(*install, "--no-deps", str(wheel))
    _run(*uv, "pip", "check", "--quiet", "--python", str(own))
    return own


def pytest_command(python: Path, *more: str, tests: str = TESTS) -> list[str]:
    """Return what runs the client's tests, or others that need no more, in an environment."""
    # The repository's own conftest.py wants databases, which these tests do not need.
    return [
        *(str(python), "-P", "-m", "pytest", tests, "-q", "-p", "no:cacheprovider"),
        *(f"--confcutdir={tests}", *more),
    ]


def attempt(version: str, python: Path, versions: str, wheel: Path) -> Result:
    """Run the tests with one combination."""
    began = time.monotonic()
    own = make_environment(python, versions, wheel, BUILD / f"{version}-{versions}")
    full, grpcio, protobuf = json.loads(_run(str(own), "-c", _ABOUT))
    tests = PROVIDER_TESTS if versions == PROVIDER else TESTS
    done = subprocess.run(
        pytest_command(own, tests=tests), cwd=ROOT, capture_output=True, text=True, check=False
    )
    said = done.stdout.strip() or done.stderr.strip()
    if done.returncode:
        print(said, file=sys.stderr)
    summary = said.splitlines()[-1]
    passed = done.returncode == 0
    return Result(full, versions, grpcio, protobuf, passed, summary, _since(began))


def _since(began: float) -> float:
    return round(time.monotonic() - began, 1)


def _run(*command: str, at: str = "") -> str:
    folder = ROOT / "clients" / "python" if at == "client" else ROOT
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}:\n{done.stdout}{done.stderr}")
    return done.stdout


def table(results: Sequence[Result]) -> str:
    """Return the results as a Markdown table."""
    lines = ["| Python | with | grpcio | protobuf | | s |", "| --- | --- | --- | --- | --- | --- |"]
    lines += [
        f"| {each.python} | {each.versions} | {each.grpcio} | {each.protobuf} | {each.said} "
        f"| {each.seconds:g} |"
        for each in results
    ]
    return "\n".join(lines)


def main() -> None:
    """Try all combinations, or those asked for; exit 1 if one fails or cannot be tried."""
    parser = argparse.ArgumentParser(prog="python -m tools.client_matrix", description=__doc__)
    parser.add_argument("--python", nargs="+", choices=PYTHON_VERSIONS, default=PYTHON_VERSIONS)
    parser.add_argument("--versions", nargs="+", choices=VERSIONS, default=VERSIONS)
    arguments = parser.parse_args()
    wheel, results, missing = build_wheel(), [], []
    for version in arguments.python:
        python = find_python(version)
        if python is None:
            missing.append(version)
            continue
        for versions in arguments.versions:
            if (version, versions) == (WITHOUT_PROVIDER, PROVIDER):
                continue
            results.append(attempt(version, python, versions, wheel))
            print(table(results[-1:]).splitlines()[-1], flush=True)
    print(f"\n{table(results)}")
    if missing:
        print(f"not tried, for want of them: Python {', '.join(missing)}")
    sys.exit(bool(missing) or not all(each.passed for each in results))


if __name__ == "__main__":
    main()
