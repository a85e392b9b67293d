"""With CI=true a skip is a failure: the rule of tests/conftest.py, seen from outside."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONFTEST = ROOT / "tests" / "conftest.py"
TESTS = """
import pytest

def test_skipped_inside():
    pytest.skip("no grpcurl here")

@pytest.mark.skipif(True, reason="no database here")
def test_skipped_by_mark():
    pass

@pytest.fixture
def recorded():
    pytest.skip("no recorded answers here")

def test_skipped_by_fixture(recorded):
    pass

def test_skipped_rightly():
    pytest.skip("may be missing: no Rust here")

@pytest.mark.xfail(reason="known", strict=True)
def test_expected_to_fail():
    assert False
"""
WHOLE = """
import pytest

pytest.skip("no device here", allow_module_level=True)
"""


@pytest.mark.parametrize(
    ("ci", "code", "summary"),
    [
        ("true", 1, "1 failed, 1 skipped, 1 xfailed, 3 errors"),
        ("", 0, "5 skipped, 1 xfailed"),
    ],
)
def test_a_skip_is_a_failure_with_ci(tmp_path: Path, ci: str, code: int, summary: str) -> None:
    (tmp_path / "conftest.py").write_bytes(CONFTEST.read_bytes())
    (tmp_path / "test_some.py").write_text(TESTS)
    (tmp_path / "test_whole.py").write_text(WHOLE)

    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "--continue-on-collection-errors",
            "-c",
            "/dev/null",
            ".",
        ],
        cwd=tmp_path,
        env={"CI": ci, "PATH": "", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == code, done.stdout
    assert summary in done.stdout
    for what in ("grpcurl", "database", "recorded answers", "device"):
        assert (f"no {what} here" in done.stdout) is (code == 1)
