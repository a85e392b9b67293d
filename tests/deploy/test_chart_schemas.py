"""What the Helm chart renders is what clusters accept, and changes only when somebody means it."""

import copy
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.chart import (
    CHART,
    EXAMPLES,
    ROOT,
    SHAPES,
    helm,
    kinds,
    manifests,
    name_of,
    only,
    render,
    template,
    without_tokens,
)
from tests.support.kubernetes_schemas import MINORS, problems
from tools.chart_files import OWNED

SNAPSHOTS = Path(__file__).parent / "snapshots"
# `APPLEMUSIC_UPDATE_SNAPSHOT=1 pytest ...` writes them anew: look at the difference, then commit.
UPDATE = os.environ.get("APPLEMUSIC_UPDATE_SNAPSHOT") == "1"
shapes = pytest.mark.parametrize("shape", SHAPES, ids=name_of)


@shapes
def test_helm_lint_finds_no_fault(shape: Path | None) -> None:
    done = helm("lint", "--strict", CHART, *(["--values", shape] if shape else []))
    assert done.returncode == 0, done.stdout
    assert "[WARNING]" not in done.stdout
    assert "[ERROR]" not in done.stdout


@shapes
def test_every_version_of_kubernetes_accepts_it(shape: Path | None) -> None:
    resources = render(shape)
    found = {
        (minor, each["kind"], each["metadata"]["name"]): faults
        for minor in MINORS
        for each in resources
        if (faults := problems(each, minor))
    }
    assert found == {}


def test_every_kind_is_made_by_some_shape() -> None:
    made = {kind for shape in SHAPES for kind in kinds(render(shape))}
    written = set()
    for path in CHART.glob("templates/**/*.yaml"):
        written |= set(re.findall(r"^kind: (\w+)$", path.read_text("utf-8"), re.MULTILINE))
    assert made == written


@pytest.mark.parametrize("kind", ["Deployment", "NetworkPolicy", "HTTPRoute", "PrometheusRule"])
def test_a_field_that_does_not_exist_would_be_found(kind: str) -> None:
    good = only(render(SHAPES[-1]), kind)
    for place in (
        "spec",
        "spec.template.spec.containers.0",
        "spec.rules.0",
        "spec.groups.0.rules.0",
    ):
        spoilt = copy.deepcopy(good)
        inner: Any = spoilt
        for part in place.split("."):
            inner = (
                inner[int(part)]
                if part.isdigit() and isinstance(inner, list)
                else (inner.get(part) if isinstance(inner, dict) else None)
            )
        if isinstance(inner, dict):
            inner["bogus"] = 1
            assert problems(spoilt, MINORS[-1]), place


@shapes
def test_nothing_has_changed_unnoticed(shape: Path | None) -> None:
    text = without_tokens(template(shape).stdout)
    file = SNAPSHOTS / f"{name_of(shape)}.yaml"
    # The rules and dashboards have tests of their own, and change often.
    resources = [each for each in manifests(text) if not is_copied(each)]
    rendered = yaml.safe_dump_all(resources, sort_keys=True, width=110)
    if UPDATE:
        file.write_text(rendered, "utf-8")
    assert rendered == file.read_text("utf-8")


def is_copied(resource: dict[str, Any]) -> bool:
    name: str = resource["metadata"]["name"]
    return resource["kind"] == "PrometheusRule" or name.endswith("-dashboards")


def test_older_clusters_are_told() -> None:
    done = template(None, "--kube-version", "1.29.0")
    assert done.returncode != 0
    assert "incompatible with Kubernetes v1.29.0" in done.stderr


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["replicaCount=2"], "one server at a time works on SQLite"),
        (["autoscaling.enabled=true"], "one server at a time works on SQLite"),
        (["database.type=postgresql"], "needs secrets.files.encryptionKey"),
        (["secrets.files.musicKitKey=k"], "there is no Secret"),
        (["secrets.extraFiles={a}"], "there is no Secret"),
        (
            ["secrets.existingSecret=s", "secrets.files.musicKitKey=k"],
            "needs developerToken.keyId and developerToken.teamId",
        ),
        (
            [
                "database.type=postgresql",
                "secrets.existingSecret=s",
                "secrets.files.encryptionKey=k",
            ],
            "needs database.postgresql.url, or secrets.files.databaseUrl",
        ),
        (
            [
                *("database.type=postgresql", "secrets.existingSecret=s"),
                *("secrets.files.encryptionKey=k", "secrets.files.databaseUrl=u"),
                "database.postgresql.url=postgresql://a@b/c",
            ],
            "exclude each other",
        ),
        (["secrets.externalSecret.enabled=true"], "needs secretStoreRef.name, and data"),
        (["accessTokens.callers=null"], "nobody could call"),
        (["metrics.serviceMonitor.enabled=true"], "needs tokenSecret"),
        (
            [
                *("metrics.serviceMonitor.enabled=true", "config.web.open_metrics=true"),
                "metrics.serviceMonitor.tokenSecret.name=s",
            ],
            "tokenSecret needs key",
        ),
        (["tls.clientCaKey=ca.crt"], "tls.clientCaKey needs tls.existingSecret"),
        (
            ["tls.existingSecret=s", "config.tls.clients.me.scopes={read}"],
            "config.tls.clients needs tls.clientCaKey",
        ),
        (["service.grpcPort=80", "service.webPort=80"], "are the same"),
        ([r"podLabels.app\.kubernetes\.io/name=other"], "is the chart's own"),
        (["podAnnotations.checksum/config=x"], "is the chart's own"),
        (["extraEnv[0].name=APPLEMUSIC_GRPC__PORT"], "settings belong into config"),
        (
            [
                *("secrets.externalSecret.enabled=true", "secrets.files.developerToken=token"),
                "secrets.externalSecret.secretStoreRef.name=s",
                "secrets.externalSecret.data.other.key=k",
            ],
            "does not say where token is found",
        ),
        (["ingress.web.enabled=true"], "ingress.web needs host"),
        (["gateway.grpc.enabled=true"], "gateway.grpc needs parentRefs"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_what_cannot_work_is_told_before_it_is_installed(values: list[str], message: str) -> None:
    done = template(None, *(word for value in values for word in ("--set", value)))
    assert done.returncode != 0
    assert message in done.stderr


def test_fewest_servers_are_not_more_than_most() -> None:
    autoscaled = next(path for path in EXAMPLES if path.stem == "autoscaled")
    done = template(autoscaled, "--set", "autoscaling.maxReplicas=2")
    assert done.returncode != 0
    assert "autoscaling.minReplicas is more than" in done.stderr


@pytest.mark.parametrize(
    "value",
    [
        "podDisruptionBudget.maxUnavailable=0",
        "podDisruptionBudget.maxUnavailable=0%",
        "fullnameOverride=Music_Server",
        "secrets.extraFiles={..}",
        "config.grpc.prot=1",
        "config.grpc.host=0.0.0.0",
        "config.storage.url=postgresql://a@b/c",
        "config.cache.max_entries=-1",
        "config.log.level=loud",
        "config.storrage.max_connections=1",
        "replicas=3",
        "image.tga=1",
        "database.postgresql.url=postgresql://user:secret@host/name",
        "accessTokens.callers.me.scopes={play}",
        "networkPolicy.enabled=yes please",
    ],
)
def test_a_slip_in_the_values_is_refused(value: str) -> None:
    done = template(None, "--set", value)
    assert done.returncode != 0
    assert "values don't meet the specifications of the schema" in done.stderr


def test_all_values_are_written_down_with_their_defaults() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
    schema = json.loads((CHART / "values.schema.json").read_text("utf-8"))
    assert values.keys() == schema["properties"].keys() - {"global"}
    for name, part in schema["properties"].items():
        if name in values and name != "config" and part.get("properties"):
            assert values[name].keys() == part["properties"].keys(), name


def test_the_charts_own_settings_are_settings_of_the_server() -> None:
    settings = json.loads((ROOT / "docs" / "config.schema.json").read_text("utf-8"))
    parts = {
        name.lower().removesuffix("settings"): part for name, part in settings["$defs"].items()
    }
    for section, keys in OWNED.items():
        assert section in settings["properties"]
        assert (keys or set()) <= parts[section.replace("_", "")]["properties"].keys()


def test_versions_go_together() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))
    project = (ROOT / "server" / "pyproject.toml").read_text("utf-8")
    assert f'version = "{chart["appVersion"]}"' in project


def test_it_can_be_packed_and_rendered_from_the_package(tmp_path: Path) -> None:
    """Nothing that it needs lies outside of its folder."""
    assert helm("package", CHART, "--destination", tmp_path).returncode == 0
    (package,) = tmp_path.iterdir()
    for shape in EXAMPLES:
        done = helm("template", "music", package, "--namespace", "house", "--values", shape)
        assert without_tokens(done.stdout) == without_tokens(template(shape).stdout)
