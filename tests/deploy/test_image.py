"""The container image: a sound Dockerfile, wheels that exist, steps that do what they say."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from applemusic_server.config_sources import load
from tools.dockerfile import BuildContext, DockerfileError, read_stages
from tools.replay_image import DOCKERFILE, ROOT, why_not
from tools.stage_replay import Base, StageReplay

BIN = Path(sys.executable).parent
LOCKS = [ROOT / "requirements" / f"{name}.lock" for name in ("container", "simulator")]
# Pure Python that its makers publish as source only; it becomes a wheel for any machine.
FROM_SOURCE = {"construct"}


def program(*command: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own files
        list(map(str, command)), capture_output=True, text=True, check=False, cwd=ROOT
    )


def test_hadolint_finds_no_fault() -> None:
    done = program(BIN / "hadolint", "--no-color", "--failure-threshold", "ignore", DOCKERFILE)
    assert (done.returncode, done.stdout) == (0, "")


def test_hadolint_would_find_one(tmp_path: Path) -> None:
    spoilt = tmp_path / "Dockerfile"
    spoilt.write_text(DOCKERFILE.read_text("utf-8").replace("3.13-slim-bookworm", "latest"))
    assert "DL3007" in program(BIN / "hadolint", spoilt).stdout


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_every_locked_package_has_a_wheel_for_both_machines(
    lock: Path, machine: str, tmp_path: Path
) -> None:
    """Of the glibc that the base image has; nothing is compiled."""
    sources = [word for name in FROM_SOURCE for word in ("--no-binary", name)]
    done = program(
        *(BIN / "uv", "--no-config", "pip", "install", "--dry-run", "--require-hashes"),
        *("--python-version", "3.13", "--python-platform", f"{machine}-manylinux_2_36"),
        *("--only-binary", ":all:", *sources, "--target", tmp_path / "none", "-r", lock),
    )
    assert done.returncode == 0, done.stderr
    planned = set(re.findall(r"^ \+ ([\w.-]+)==", done.stderr, re.MULTILINE))
    assert {"grpcio", "asyncpg"} <= planned or {"numpy", "av"} <= planned, done.stderr
    assert planned >= FROM_SOURCE


def test_the_images_packages_are_those_that_the_tests_run_with() -> None:
    tested = dict(
        re.findall(r"^([\w.-]+)==(\S+)", (LOCKS[0].parent / "dev.lock").read_text(), re.MULTILINE)
    )
    for lock in LOCKS:
        locked = dict(re.findall(r"^([\w.-]+)==(\S+)", lock.read_text("utf-8"), re.MULTILINE))
        assert locked.items() <= tested.items()


def test_the_base_is_named_and_pinned_by_its_major() -> None:
    bases = {stage.base for stage in read_stages(DOCKERFILE).values()} - {"builder"}
    assert bases == {"python:3.13-slim-bookworm"}


def test_the_context_holds_what_is_copied_and_nothing_secret(tmp_path: Path) -> None:
    context = BuildContext(ROOT)
    assert context.files("server")[0].startswith("server/")
    assert context.has("requirements/container.lock")
    for path in (
        *(".git/config", ".venv/bin/python", "deploy/compose/secrets/AuthKey.p8", "tests/x.py"),
        *("deploy/compose/server.env", "server/applemusic_server/__pycache__/app.pyc"),
    ):
        assert not context.has(path), path
    stages = StageReplay(read_stages(DOCKERFILE), context, Base("", ()), tmp_path)
    with pytest.raises(DockerfileError, match="not the base"):
        stages.build("server")


def test_the_last_stage_is_the_server_and_says_what_it_is() -> None:
    name, stage = list(read_stages(DOCKERFILE).items())[-1]
    words = {each.keyword: each for each in stage.instructions}
    labels = words["LABEL"].pairs({"VERSION": "1", "REVISION": "2"})
    assert name == "server"
    assert labels["org.opencontainers.image.licenses"] == "Apache-2.0 AND GPL-3.0-only"
    assert labels["org.opencontainers.image.base.name"] == stage.base
    assert words["USER"].rest == "65532:65532"
    assert stage.instructions.index(words["USER"]) > stage.instructions.index(words["COPY"])
    version = re.search(
        r'^version = "(.+)"', (ROOT / "server/pyproject.toml").read_text(), re.MULTILINE
    )
    assert version
    assert words["ARG"].rest != ""
    assert f"ARG VERSION={version[1]}" in DOCKERFILE.read_text("utf-8")


def test_the_images_configuration_listens_beyond_loopback() -> None:
    settings = load({}, {}, ROOT / "deploy" / "container" / "server.toml")
    assert (settings.grpc.host, settings.web.host) == ("0.0.0.0", "0.0.0.0")  # noqa: S104 - as it should
    assert not settings.grpc.insecure


@pytest.mark.timeout(300)  # downloads what the image is made of
def test_the_steps_make_an_image_that_serves() -> None:
    if problem := why_not():
        pytest.skip(f"the image's steps cannot be replayed: {problem}")
    done = program(sys.executable, "-m", "tools.replay_image")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    assert "ok: HEALTHCHECK says SERVING\n" in done.stdout
    assert "ok: the chart's pod starts from its ConfigMap and Secret" in done.stdout
    assert "ok: it serves, offline, as user 65532 without a capability" in done.stdout
    assert not list(Path(os.environ.get("TMPDIR", "/tmp")).glob("replay-*/stages"))  # noqa: S108 - its own
