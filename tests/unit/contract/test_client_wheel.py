"""What the client's wheel holds: one name, all of the client, and what it needs besides code."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CLIENT = ROOT / "clients" / "python"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(  # noqa: S603 - our own build
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=CLIENT,
        check=True,
        capture_output=True,
    )
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def test_it_takes_one_top_level_name(wheel: zipfile.ZipFile) -> None:
    names = {name.partition("/")[0] for name in wheel.namelist()}
    assert {name for name in names if not name.endswith(".dist-info")} == {"applemusic"}
    assert len(names) == 2


def test_it_holds_all_of_the_client_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    sources = (path for path in (CLIENT / "applemusic").rglob("*") if path.is_file())
    expected = {path.relative_to(CLIENT).as_posix() for path in sources if ".pyc" not in path.name}
    assert {name for name in wheel.namelist() if ".dist-info/" not in name} == expected
    assert "applemusic/py.typed" in expected


def test_it_holds_the_retry_policy_of_the_contract(wheel: zipfile.ZipFile) -> None:
    policy = (ROOT / "proto" / "service_config.json").read_bytes()
    assert wheel.read("applemusic/v1/service_config.json") == policy


def test_every_file_of_the_contract_is_in_its_one_package() -> None:
    assert {path.name for path in (CLIENT / "applemusic" / "v1").iterdir()} >= {
        f"{path.stem}_pb2.py" for path in (ROOT / "proto" / "applemusic" / "v1").glob("*.proto")
    }
    protos = {path.relative_to(ROOT / "proto").parts[:2] for path in ROOT.glob("proto/**/*.proto")}
    assert protos == {("applemusic", "v1")}
