"""Resolve requirements/*.in and the distributions into hash-locked files without any address."""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "requirements"
DISTRIBUTIONS = [
    "clients/python/pyproject.toml",
    "server/pyproject.toml",
    "simulator/pyproject.toml",
]


def compile_lock(output: str, *sources: str) -> None:
    """Write one lock file for Python 3.11 and newer on every platform."""
    command = [
        str(Path(sys.executable).parent / "uv"),
        *("pip", "compile", "--universal", "--python-version", "3.11", "--generate-hashes"),
        *("--no-header", "--no-config", "--no-annotate", "--quiet"),
        *("--no-emit-package", "applemusic-grpc"),
        *sources,
        *("--output-file", output),
    ]
    subprocess.run(command, cwd=ROOT, check=True)
    print(f"wrote {output}")


def compile_models_lock(name: str) -> None:
    """Write the lock of one version of Music Assistant's models, which is installed aside."""
    command = [
        str(Path(sys.executable).parent / "uv"),
        *("pip", "compile", "--python-version", "3.13", "--generate-hashes", "--no-deps"),
        *("--no-header", "--no-config", "--no-annotate", "--quiet"),
        f"requirements/{name}.in",
        *("--output-file", f"requirements/{name}.lock"),
    ]
    subprocess.run(command, cwd=ROOT, check=True)
    print(f"wrote requirements/{name}.lock")


def compile_client_locks() -> None:
    """Write what the client is tried with: its oldest dependencies, and the newest."""
    client = DISTRIBUTIONS[0]
    with tempfile.TemporaryDirectory() as folder:
        floors = str(Path(folder) / "floors.txt")
        # First the client's alone: its tests are not meant to have their oldest.
        oldest = ("--resolution", "lowest-direct", "--all-extras")
        compile_lock(floors, *oldest, client)
        lowest = ("--constraint", floors)
        compile_lock("requirements/client-lowest.lock", *lowest, *client_lock("lowest"))
    for name in ("protobuf6", "newest", "music-assistant"):
        compile_lock(f"requirements/client-{name}.lock", *client_lock(name))


def client_lock(name: str) -> tuple[str, ...]:
    """Return what one of the client's locks is made of."""
    return ("--all-extras", f"requirements/client-{name}.in", DISTRIBUTIONS[0])


def compile_npm_lock() -> None:
    """Write the lock of the TypeScript client: hashes, and no address of anybody."""
    if shutil.which("npm") is None:
        print("there is no npm: the lock of clients/typescript stays as it is", file=sys.stderr)
        return
    package = ROOT / "clients" / "typescript"
    command = ["npm", "install", "--package-lock-only", "--omit-lockfile-registry-resolved"]
    # Beside a node_modules npm would leave out what other platforms need.
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(package / "package.json", folder)
        subprocess.run([*command, "--no-audit", "--no-fund"], cwd=folder, check=True)
        strip_addresses(Path(folder) / "package-lock.json")
        # Fails when some platform's part of a package was not to be had, and so is not locked.
        subprocess.run(["npm", "ci", "--dry-run", "--silent"], cwd=folder, check=True)
        shutil.copy(Path(folder) / "package-lock.json", package)
    print("wrote clients/typescript/package-lock.json")


def strip_addresses(lock: Path) -> None:
    """Leave out of a package-lock.json where packages come from and who wants to be paid."""
    content = json.loads(lock.read_text("utf-8"))
    for entry in content["packages"].values():
        for name in ("resolved", "funding"):
            entry.pop(name, None)
    lock.write_text(json.dumps(content, indent=2) + "\n", "utf-8")


def main() -> None:
    """Write all locks; the demo's and the image's are constrained by the development lock."""
    for models in ("ma-models-oldest", "ma-models-newest"):
        compile_models_lock(models)
    compile_lock("requirements/bootstrap.lock", "requirements/bootstrap.in")
    compile_client_locks()
    compile_lock("requirements/build.lock", "requirements/build.in")
    compile_lock("requirements/dev.lock", "--all-extras", "requirements/dev.in", *DISTRIBUTIONS)
    compile_lock(
        "requirements/demo.lock",
        *("--constraint", "requirements/dev.lock"),
        *("--extra", "playback", "--extra", "cli"),
        "requirements/demo.in",
        *DISTRIBUTIONS,
    )
    images = {"container": DISTRIBUTIONS[:2], "simulator": DISTRIBUTIONS[2:]}
    for image, distributions in images.items():
        compile_lock(
            f"requirements/{image}.lock",
            *("--constraint", "requirements/dev.lock"),
            "--all-extras",
            *distributions,
        )
    compile_npm_lock()


if __name__ == "__main__":
    main()
