"""The TypeScript client's examples, compiled as its package says, in a folder of their own."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.docs_pages import ROOT

PACKAGE = ROOT / "clients" / "typescript"


def package_with_examples(folder: Path) -> Path:
    """Copy the package, run its `npm run examples`, and return where the copy is.

    Other tests build and pack the package at the same time. Its dependencies are those that `make
    setup` installed; without them and Node the test is skipped.
    """
    if shutil.which("npm") is None or not (PACKAGE / "node_modules").exists():
        pytest.skip("the TypeScript client is not installed: `make setup` does it where Node 20 is")
    folder.mkdir(parents=True)
    for path in PACKAGE.glob("*.json"):
        shutil.copy(path, folder)
    for name in ("src", "examples", "scripts"):
        shutil.copytree(PACKAGE / name, folder / name)
    (folder / "node_modules").symlink_to(PACKAGE / "node_modules")
    done = subprocess.run(
        ["npm", "run", "examples"],  # noqa: S607 - as a person would
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder
