"""The tests that the documentation shows run as they stand there, in the files that they name."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.conftest import environment
from tests.support.docs_pages import ROOT, blocks, file_of

_FILES = [(block, name) for block in blocks("python") if (name := file_of(block)) is not None]


@pytest.mark.timeout(240)
@pytest.mark.parametrize("page", sorted({block.page for block, _ in _FILES}))
def test_a_pages_tests(page: str, tmp_path: Path) -> None:
    shown = {name: block.text for block, name in _FILES if block.page == page}
    for name, text in shown.items():
        (tmp_path / name).write_text(text, "utf-8")
    count = sum(text.count("def test_") for text in shown.values())
    assert count
    done = subprocess.run(
        # Without the plugin of this project's own tests, which the page does not ask for.
        [*(sys.executable, "-m", "pytest", "-q", "-W", "error"), "-p", "no:asyncio", "."],
        cwd=tmp_path,
        env={
            **environment(),
            "APPLEMUSIC_SIMULATOR_CACHE_DIR": str(ROOT / "build" / "simulator-cache"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{count} passed" in done.stdout
