"""Renders the Helm chart as Helm does, and reads what comes out strictly."""

import re
import shutil
import subprocess
import sys
from collections.abc import Hashable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy" / "helm" / "applemusic-grpc"
EXAMPLES = sorted((ROOT / "deploy" / "helm" / "examples").glob("*.yaml"))
SHAPES = [None, *EXAMPLES, *sorted((ROOT / "tests" / "deploy" / "shapes").glob("*.yaml"))]
"""Files of values; None is the chart's own values."""

Manifest = dict[str, Any]

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where it is built


class _StrictLoader(_LOADER):  # type: ignore[misc] # whichever of two classes is there
    """Refuses a key that stands twice in a table, where others silently take the last."""


def _table(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[Hashable, Any]:
    pairs = [(loader.construct_object(key, deep=True), value) for key, value in node.value]
    keys = [key for key, _ in pairs]
    if len(set(keys)) != len(keys):
        raise yaml.YAMLError(f"{node.start_mark}: a key stands there twice")
    return {key: loader.construct_object(value, deep=True) for key, value in pairs}


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _table)


def name_of(shape: Path | None) -> str:
    """What to call a shape in a test."""
    return shape.stem if shape else "defaults"


def helm(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run Helm on files of this repository; skip where there is none."""
    program = shutil.which("helm", path=str(Path(sys.executable).parent)) or shutil.which("helm")
    if program is None:
        pytest.skip("there is no helm: `make setup` builds it where Go is")
    return subprocess.run(  # noqa: S603 - our own chart
        [program, *map(str, arguments)], capture_output=True, text=True, check=False, cwd=ROOT
    )


def template(shape: Path | None, *more: str) -> subprocess.CompletedProcess[str]:
    """Render the chart as the release `music` in the namespace `house`."""
    values = ["--values", shape] if shape else []
    return helm("template", "music", CHART, "--namespace", "house", *values, *more)


def render(shape: Path | None, *more: str) -> list[Manifest]:
    """Return what the chart makes of a file of values, one table per resource."""
    return manifests(_rendered(shape, *more))


@cache
def _rendered(shape: Path | None, *more: str) -> str:
    done = template(shape, *more)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def manifests(text: str) -> list[Manifest]:
    """Read YAML with a resource in each document."""
    found = yaml.load_all(text, _StrictLoader)
    return [each for each in found if each]


def only(resources: list[Manifest], kind: str, end: str = "") -> Manifest:
    """Return the one resource of a kind whose name has this end."""
    (found,) = [
        each
        for each in resources
        if each["kind"] == kind and each["metadata"]["name"].endswith(end)
    ]
    return found


def kinds(resources: list[Manifest]) -> list[str]:
    """Return the kinds, sorted."""
    return sorted(each["kind"] for each in resources)


def without_tokens(text: str) -> str:
    """Replace what is random in what Helm renders."""
    return re.sub(r"(?m)^(  \".+\": )YW1n[A-Za-z0-9+/=]+$", r"\1<random>", text)


def server_toml(resources: list[Manifest]) -> str:
    """Return the server's configuration file."""
    (text,) = [
        each["data"]["server.toml"]
        for each in resources
        if each["kind"] == "ConfigMap" and "server.toml" in (each["data"] or {})
    ]
    return str(text)


def pods(resources: list[Manifest]) -> list[Manifest]:
    """Return the specification of every pod."""
    found = [each["spec"]["template"]["spec"] for each in resources if each["kind"] == "Deployment"]
    return found + [each["spec"] for each in resources if each["kind"] == "Pod"]
