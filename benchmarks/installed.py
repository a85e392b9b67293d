"""The server as an operator installs it: what the container has, and nothing for developers.

Libraries load what happens to be beside them, so a development environment says nothing of an
operator's memory.
"""

import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_FOLDER = _ROOT / "build" / "operator"
_LOCK = _ROOT / "requirements" / "container.lock"


def installed_python() -> str:
    """Install what is not there yet, from the container's lock; return that Python's path.

    The bytecode is made as well, as pip does it.
    """
    uv = (str(Path(sys.executable).parent / "uv"), "--no-config")
    python = _FOLDER / "bin" / "python"
    wheels = _ROOT / "build" / "operator-wheels"
    if not python.exists():
        _run(*uv, "venv", "--quiet", "--python", sys.executable, str(_FOLDER))
    into = (*uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", str(python))
    _run(*into, "--require-hashes", "--requirement", str(_LOCK))
    for each in ("clients/python", "server"):
        built = ("--wheel", "--no-build-isolation", "--python", sys.executable)
        _run(*uv, "build", "--quiet", *built, "--out-dir", str(wheels), str(_ROOT / each))
    _run(*into, "--no-deps", "--reinstall", *map(str, wheels.glob("*.whl")))
    return str(python)


def _run(*command: str) -> None:
    subprocess.run(command, check=True)
