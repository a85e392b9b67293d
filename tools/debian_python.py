"""Unpack a Python from Debian's newest packages into a folder, for trying the client with it.

    python -m tools.debian_python 3.14 build/pythons/3.14

Debian's own `python3` is older, and python.org is not reachable from everywhere that Debian is.
Nothing is installed: the packages, their C library included, are unpacked below the folder, and a
script starts the interpreter with those. Needs Debian on this machine, not root.
"""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

_SOURCES = Path("/etc/apt/sources.list.d/debian.sources")
_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
_SUITE = "sid"
# What the interpreter and the wheels of grpcio and cryptography link to.
_LIBRARIES = (
    *("libc6", "libgcc-s1", "libstdc++6", "zlib1g", "libexpat1", "libffi8", "libsqlite3-0"),
    *("libssl3t64", "libbz2-1.0", "liblzma5", "libzstd1", "libuuid1"),
)


class UnavailableError(Exception):
    """It cannot be had here; the message says why."""


def unpack(version: str, target: Path) -> Path:
    """Return the interpreter of a version such as `3.14`, unpacked below the folder.

    Raises:
        UnavailableError: This is no Debian, or Debian does not have that version.
    """
    python = target / "root" / "usr" / "bin" / "python"
    if not python.exists():
        shutil.rmtree(target, ignore_errors=True)
        try:
            _download(version, target)
            _write_script(python, f"python{version}")
        except (OSError, subprocess.CalledProcessError) as error:
            shutil.rmtree(target, ignore_errors=True)
            said = getattr(error, "stderr", None) or error
            raise UnavailableError(f"no Python {version} from Debian: {said}") from error
    return python


def _download(version: str, target: Path) -> None:
    """Ask Debian's newest suite with lists of our own, beside those of the system."""
    for folder in ("lists/partial", "cache/archives/partial", "debs", "root"):
        (target / folder).mkdir(parents=True)
    address = re.search(r"(?m)^URIs: (\S+)", _SOURCES.read_text("utf-8"))
    if address is None:
        raise UnavailableError(f"{_SOURCES} names no archive")
    list_file = target / "sources.list"
    list_file.write_text(f"deb [signed-by={_KEYRING}] {address[1]} {_SUITE} main\n", "utf-8")
    options = [
        *("-o", f"Dir::Etc::sourcelist={list_file}", "-o", "Dir::Etc::sourceparts=-"),
        *("-o", f"Dir::State::lists={target / 'lists'}", "-o", f"Dir::Cache={target / 'cache'}"),
        *("-o", "APT::Sandbox::User=root"),
    ]
    _run("apt-get", *options, "-qq", "update")
    python = f"python{version}"
    packages = (python, f"{python}-minimal", f"lib{python}-minimal", f"lib{python}-stdlib")
    _run(
        "apt-get",
        *options,
        "-qq",
        "download",
        *packages,
        *_LIBRARIES,
        folder=target / "debs",
    )
    for package in sorted((target / "debs").glob("*.deb")):
        _run("dpkg", "-x", str(package), str(target / "root"))
    for folder in ("debs", "lists", "cache"):
        shutil.rmtree(target / folder)


def _write_script(python: Path, interpreter: str) -> None:
    """Write what stands for the interpreter, also behind the links of virtual environments."""
    root = python.parents[2].resolve()
    loaders = sorted(root.glob("usr/lib/*/ld-linux-*.so.*"))
    if not loaders:
        raise UnavailableError("the C library of Debian has no loader where it is looked for")
    loader = shlex.quote(str(loaders[0]))
    libraries = shlex.quote(str(loaders[0].parent))
    behind = shlex.quote(str(root / "usr" / "bin" / interpreter))
    python.write_text(
        f'#!/bin/sh\nexec {loader} --library-path {libraries} --argv0 "$0" {behind} "$@"\n', "utf-8"
    )
    python.chmod(0o755)


def _run(*command: str, folder: Path | None = None) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)


def main() -> None:
    """Unpack one and print where it is."""
    version, target = sys.argv[1:]
    try:
        print(unpack(version, Path(target)))
    except UnavailableError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
