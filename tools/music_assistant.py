"""Puts the Music Assistant provider together with the client that it needs: one folder to copy.

python -m tools.music_assistant FOLDER

Nothing has to be installed beside that folder by hand: what the client needs is in package indexes,
and Music Assistant installs it by itself when the provider cannot be imported without it.
"""

import argparse
import json
import shutil
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROVIDER = ROOT / "integrations" / "music_assistant" / "apple_music_grpc"
CLIENT = ROOT / "clients" / "python"
# The command line and the server for tests, which need more packages.
_LEFT_OUT = ("__pycache__", "cli", "testing")


def put_together(folder: Path) -> None:
    """Write the folder anew."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(PROVIDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(
        CLIENT / "applemusic",
        folder / "client" / "applemusic",
        ignore=shutil.ignore_patterns(*_LEFT_OUT),
    )
    shutil.copyfile(ROOT / "LICENSE", folder / "LICENSE")
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    # Without `==`: what is there already and will do is left as it is.
    manifest["requirements"] = requirements()
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")


def requirements() -> list[str]:
    """Return what the client needs."""
    project = tomllib.loads((CLIENT / "pyproject.toml").read_text("utf-8"))["project"]
    found: list[str] = project["dependencies"]
    return found


def main() -> None:
    """Parse the arguments and do it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, help="where to put it; what is there is replaced")
    folder = parser.parse_args().folder
    put_together(folder)
    print(f"{folder}: copy it among the providers of your Music Assistant")


if __name__ == "__main__":
    main()
