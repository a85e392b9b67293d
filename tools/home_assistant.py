"""Puts the Home Assistant app together: a folder that Home Assistant can build by itself.

python -m tools.home_assistant FOLDER

Home Assistant builds an app from what lies in the app's folder, so the server's own packages are
built here and put beside the locks of everything else. Copy the folder to `addons` on the Home
Assistant (Samba: the share of that name), and look for new apps.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
APP = ROOT / "deploy" / "home_assistant" / "applemusic_grpc"
_OWN = ("clients/python", "server")
_LOCKS = ("build.lock", "container.lock")


def put_together(folder: Path) -> None:
    """Write the app's folder anew."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(APP, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "locks").mkdir()
    for name in _LOCKS:
        shutil.copyfile(ROOT / "requirements" / name, folder / "locks" / name)
    for source in _OWN:
        subprocess.run(
            [
                *(str(Path(sys.executable).parent / "uv"), "build", "--wheel", "--quiet"),
                # With the build tools that are locked and here, not with what a registry has today.
                *("--no-build-isolation", "--python", sys.executable),
                *("--out-dir", str(folder / "wheels"), source),
            ],
            cwd=ROOT,
            check=True,
        )
    (folder / "wheels" / ".gitignore").unlink(missing_ok=True)


def main() -> None:
    """Parse the arguments and do it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, help="where to put it; what is there is replaced")
    folder = parser.parse_args().folder
    put_together(folder)
    print(f"{folder}: copy it to the folder addons of your Home Assistant")


if __name__ == "__main__":
    main()
