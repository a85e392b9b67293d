"""A test that lets a token get into a log fails: the rule of tests/conftest.py, from outside."""

import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).parents[1] / "conftest.py"
TEST = """
import logging

def test_tells():
    logging.getLogger("anything").warning("before %s after", "{told}")
"""


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ("a song", 0),
        ("A" * 85 + "=", 0),
        ("A" * 86 + "==", 1),
        ("eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJURUFNIn0", 1),
        ("x-Canary-y", 1),
        ("amg_0123456789ab_" + "0f" * 32, 1),
        ("amg_0123456789ab_***", 0),
        ("-----BEGIN PRIVATE KEY-----", 1),
    ],
)
def test_what_was_logged_is_looked_at(tmp_path: Path, told: str, code: int) -> None:
    (tmp_path / "conftest.py").write_bytes(CONFTEST.read_bytes())
    (tmp_path / "test_some.py").write_text(TEST.format(told=told))

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-c", "/dev/null", "."],
        cwd=tmp_path,
        env={"PATH": "", "PYTHONPATH": str(CONFTEST.parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == code, done.stdout
    assert ("looks like a token" in done.stdout) is (code == 1)
