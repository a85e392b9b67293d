"""The client with the oldest dependencies that it declares; `make client-matrix` tries the rest."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tools.client_matrix import PYTHON_VERSIONS, Result, pytest_command, table

ROOT = Path(__file__).parents[3]
OWN = Path(sys.prefix) / "client-lowest" / "bin" / "python"


def floors() -> dict[str, str]:
    project = tomllib.loads((ROOT / "clients" / "python" / "pyproject.toml").read_text())["project"]
    wanted = list(project["dependencies"])
    for extra in project["optional-dependencies"].values():
        wanted += extra
    found = (re.match(r"([\w-]+)>=([\w.]+)", each) for each in wanted)
    return {each[1].lower(): each[2] for each in found if each is not None}


def locked(name: str) -> dict[str, str]:
    text = (ROOT / "requirements" / f"client-{name}.lock").read_text()
    return dict(re.findall(r"(?m)^([\w-]+)==([\w.]+)", text))


def same(left: str, right: str) -> bool:
    return left.removesuffix(".0") == right.removesuffix(".0")


def test_the_oldest_are_what_the_client_declares() -> None:
    lowest = locked("lowest")
    assert {"grpcio", "protobuf", "googleapis-common-protos"} <= floors().keys()
    for name, version in floors().items():
        assert same(lowest[name], version), f"{name}: `make lock` is due"


def test_every_python_that_the_client_names_is_tried() -> None:
    project = tomllib.loads((ROOT / "clients" / "python" / "pyproject.toml").read_text())["project"]
    named = [each.rpartition(" ")[2] for each in project["classifiers"] if ":: 3." in each]
    assert tuple(named) == PYTHON_VERSIONS


def test_both_protobufs_are_tried() -> None:
    assert locked("protobuf6")["protobuf"].startswith("6.")
    assert locked("newest")["protobuf"].startswith("7.")
    assert locked("newest")["grpcio"] == locked("protobuf6")["grpcio"] > floors()["grpcio"]


def test_the_provider_is_tried_with_the_newest_models() -> None:
    newest = (ROOT / "requirements" / "ma-models-newest.lock").read_text().splitlines()[0]
    lines = (ROOT / "requirements" / "client-music-assistant.lock").read_text().splitlines()
    (found,) = [each for each in lines if newest.removesuffix(" \\") in each]
    assert "python_full_version >= '3.13'" in found


@pytest.mark.timeout(240)
def test_the_client_works_with_the_oldest() -> None:
    if not OWN.exists():
        pytest.skip("there is no environment with the oldest dependencies: make setup")
    done = subprocess.run(  # noqa: S603 - our own tests
        pytest_command(OWN, "-x"),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "clients" / "python")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_results_are_told_in_a_table() -> None:
    result = Result("3.14.1", "newest", "1.85.1", "7.36.2", passed=True, said="9 passed", seconds=8)
    assert (
        table([result]).splitlines()[-1] == "| 3.14.1 | newest | 1.85.1 | 7.36.2 | 9 passed | 8 |"
    )
