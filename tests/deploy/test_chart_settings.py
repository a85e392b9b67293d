"""What the Helm chart configures is what the server understands, finds and does."""

import base64
import math
import re
import shutil
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jwt
import pytest
import yaml
from click.testing import CliRunner

from applemusic_server.__main__ import main
from applemusic_server.config import Settings
from applemusic_server.config_sources import load
from applemusic_simulator.widevine_device import make_test_device
from tests.support.certificates import Authority
from tests.support.chart import (
    CHART,
    EXAMPLES,
    ROOT,
    SHAPES,
    Manifest,
    helm,
    manifests,
    name_of,
    only,
    pods,
    render,
    server_toml,
)

shapes = pytest.mark.parametrize("shape", SHAPES, ids=name_of)
REPLICAS = next(path for path in EXAMPLES if path.stem == "replicas")
AUTOSCALED = next(path for path in EXAMPLES if path.stem == "autoscaled")


def settings_of(resources: list[Manifest], folder: Path) -> Settings:
    file = folder / "server.toml"
    file.write_text(server_toml(resources))
    return load({}, {}, file)


def mounted_files(resources: list[Manifest]) -> Iterator[str]:
    """The files that the server's container sees, as far as the chart knows their names."""
    pod = only(resources, "Deployment")["spec"]["template"]["spec"]
    places = {each["name"]: each["mountPath"] for each in pod["containers"][0]["volumeMounts"]}
    secrets = {each["metadata"]["name"]: each for each in resources if each["kind"] == "Secret"}
    for volume in pod["volumes"]:
        secret = volume.get("secret")
        if secret is None:
            continue
        assert secret["defaultMode"] == 0o440
        names = [item["path"] for item in secret.get("items", ())]
        if not names and secret["secretName"] in secrets:
            names = list(secrets[secret["secretName"]]["data"])
        yield from (f"{places[volume['name']]}/{name}" for name in names or ["*"])


@shapes
def test_config_check_finds_no_fault(shape: Path | None, tmp_path: Path) -> None:
    """The real command, with the files where the pod would have them."""
    text = server_toml(render(shape))
    root = tmp_path / "etc"
    make_files(sorted(set(re.findall(r"/etc/applemusic/([\w./-]+)", text))), root)
    file = tmp_path / "server.toml"
    file.write_text(text.replace("/etc/applemusic", str(root)))
    done = CliRunner().invoke(main, ["config", "check", "--config", str(file)])
    assert done.exit_code == 0, done.output
    assert "The configuration is good." in done.output
    assert "access token yet" not in done.output


def make_files(names: list[str], root: Path) -> None:
    """Every file that a configuration names, with something of its kind in it."""
    authority = Authority()
    server = authority.identity("music.example.org", ["music.example.org"])
    for count, name in enumerate(names):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".wvd"):
            make_test_device(path)
        else:
            path.write_bytes(content_of(name, count, server.certificate, server.key, authority))
        path.chmod(0o440)


def content_of(
    name: str, count: int, certificate: bytes, key: bytes, authority: Authority
) -> bytes:
    """What belongs into a file of this name."""
    contents = {
        r"access-tokens/.*": f"amg_{count:012x}_{'d' * 64}\n".encode(),
        r".*(\.p8|tls\.key)": key,
        r".*tls\.crt": certificate,
        r".*ca\.crt": authority.certificate,
        r".*(encryption\.key|/key)": base64.urlsafe_b64encode(bytes(range(32))) + b"\n",
        r".*token": developer_token().encode(),
        r".*url": b"postgresql://user:word@host/name",
        r".*password": b"word",
    }
    return next(text for pattern, text in contents.items() if re.fullmatch(pattern, name))


def developer_token() -> str:
    now = int(datetime.now(UTC).timestamp())
    times = {"iat": now, "exp": now + 30 * 86_400}
    key = Authority().identity("x").key
    return jwt.encode({"iss": "DEF123GHIJ", **times}, key, "ES256", {"kid": "ABC123DEFG"})


@shapes
def test_every_file_that_the_server_reads_is_mounted(shape: Path | None, tmp_path: Path) -> None:
    resources = render(shape)
    settings = settings_of(resources, tmp_path)
    there = set(mounted_files(resources))
    named = {str(path) for path in settings.secret_files().values()}
    named |= {
        str(path) for path in (settings.tls.certificate_file, settings.tls.client_ca_file) if path
    }
    named |= set(re.findall(r"sslrootcert=([^&]+)", settings.storage.url))
    for path in named:
        assert path in there or f"{path.rpartition('/')[0]}/*" in there, path


@shapes
def test_the_config_is_mounted_where_the_server_looks(shape: Path | None) -> None:
    resources = render(shape)
    (pod, *_) = pods(resources)
    (container,) = pod["containers"]
    environment = {each["name"]: each.get("value") for each in container["env"]}
    places = {each["name"]: each["mountPath"] for each in container["volumeMounts"]}
    assert environment["APPLEMUSIC_CONFIG"] == f"{places['config']}/server.toml"
    volumes = {each["name"]: each for each in pod["volumes"]}
    assert places.keys() == volumes.keys()
    named = volumes["config"]["configMap"]["name"]
    assert server_toml([only(resources, "ConfigMap", named)])


@shapes
def test_open_streams_have_the_time_that_they_are_promised(
    shape: Path | None, tmp_path: Path
) -> None:
    resources = render(shape)
    settings = settings_of(resources, tmp_path)
    stays = settings.grpc.grace_seconds + settings.web.last_scrape_seconds
    (pod, *_) = pods(resources)
    waits = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert waits > 0
    assert pod["terminationGracePeriodSeconds"] >= waits + stays + 10


@pytest.mark.parametrize(
    ("values", "seconds"),
    [
        ([], 20),
        (["metrics.serviceMonitor.interval=1m"], 65),
        (["metrics.serviceMonitor.interval=2500ms"], 8),
        (["metrics.serviceMonitor.interval=30m"], 120),
        (["config.web.last_scrape_seconds=0"], 0),
        (["config.web.last_scrape_seconds=99"], 99),
        (["metrics.serviceMonitor.enabled=false"], 0),
    ],
)
def test_a_server_that_goes_waits_for_prometheus(
    values: list[str], seconds: float, tmp_path: Path
) -> None:
    resources = render(REPLICAS, *(word for value in values for word in ("--set", value)))
    assert settings_of(resources, tmp_path).web.last_scrape_seconds == seconds
    (pod, *_) = pods(resources)
    assert pod["terminationGracePeriodSeconds"] == 5 + 300 + math.ceil(seconds) + 10


@shapes
def test_the_policy_lets_helms_test_in(shape: Path | None) -> None:
    resources = render(shape)
    labels = only(resources, "Pod")["metadata"]["labels"]
    for rule in only(resources, "NetworkPolicy")["spec"]["ingress"]:
        selectors = [each["podSelector"] for each in rule["from"] if each.keys() == {"podSelector"}]
        wanted = [each.get("matchLabels", {}).items() for each in selectors]
        assert any(each <= labels.items() for each in wanted), rule


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ("postgresql://music@db.svc/music", 5432),
        ("postgresql://music@pooler.svc:6432/music?sslmode=verify-full", 6432),
        ("postgresql://music@[fd00::1]:6432", 6432),
    ],
)
def test_the_policy_lets_the_server_out_to_its_database(url: str, port: int) -> None:
    resources = render(REPLICAS, "--set", f"database.postgresql.url={url}")
    egress = only(resources, "NetworkPolicy")["spec"]["egress"]
    assert port in [each["port"] for rule in egress for each in rule["ports"]]


def test_songs_end_by_themselves_where_another_server_has_taken_over(tmp_path: Path) -> None:
    several = settings_of(render(REPLICAS), tmp_path)
    one = settings_of(render(None), tmp_path)
    assert (one.grpc.grace_seconds, several.grpc.grace_seconds) == (20, 300)
    update = only(render(REPLICAS), "Deployment")["spec"]["strategy"]
    assert update == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0},
    }
    assert only(render(None), "Deployment")["spec"]["strategy"] == {"type": "Recreate"}


@shapes
def test_the_ports_are_those_that_the_server_listens_on(shape: Path | None, tmp_path: Path) -> None:
    resources = render(shape)
    settings = settings_of(resources, tmp_path)
    ports = {"grpc": settings.grpc.port, "web": settings.web.port}
    (pod, *_) = pods(resources)
    container = pod["containers"][0]
    assert {each["name"]: each["containerPort"] for each in container["ports"]} == ports
    for service in (each for each in resources if each["kind"] == "Service"):
        assert {each["targetPort"] for each in service["spec"]["ports"]} <= ports.keys()
        if service["spec"].get("clusterIP") == "None":
            for each in service["spec"]["ports"]:
                assert each["port"] == ports[each["targetPort"]]
    asked = [container[probe] for probe in ("startupProbe", "livenessProbe", "readinessProbe")]
    for probe in asked:
        if "grpc" in probe:
            assert probe["grpc"]["port"] == settings.grpc.port
            assert settings.tls.certificate_file is None
        else:
            assert probe["httpGet"]["port"] == "web"
            # The server answers to this name whatever web.allowed_hosts says.
            assert probe["httpGet"]["httpHeaders"] == [{"name": "Host", "value": "localhost"}]
    assert "grpc" in asked[0] or settings.tls.certificate_file
    assert asked[2]["httpGet"]["path"] == "/readyz"


@shapes
def test_selectors_find_the_servers_and_nothing_else(shape: Path | None) -> None:
    resources = render(shape)
    labels = only(resources, "Deployment")["spec"]["template"]["metadata"]["labels"]
    test = only(resources, "Pod")["metadata"]["labels"]
    selectors = [only(resources, "Deployment")["spec"]["selector"]["matchLabels"]]
    for each in resources:
        if each["kind"] == "Service":
            selectors.append(each["spec"]["selector"])
        if each["kind"] == "PodDisruptionBudget":
            selectors.append(each["spec"]["selector"]["matchLabels"])
        if each["kind"] == "NetworkPolicy":
            selectors.append(each["spec"]["podSelector"]["matchLabels"])
    for selector in selectors:
        assert selector.items() <= labels.items()
        assert not selector.items() <= test.items()


def test_prometheus_finds_each_server_once(tmp_path: Path) -> None:
    resources = render(REPLICAS)
    monitor = only(resources, "ServiceMonitor")
    wanted = monitor["spec"]["selector"]["matchLabels"].items()
    services = [each for each in resources if each["kind"] == "Service"]
    (found,) = [each for each in services if wanted <= each["metadata"]["labels"].items()]
    assert found["spec"]["publishNotReadyAddresses"] is True
    (endpoint,) = monitor["spec"]["endpoints"]
    assert endpoint["port"] in {each["name"] for each in found["spec"]["ports"]}
    assert "applemusic" in endpoint["relabelings"][0]["replacement"]
    callers = settings_of(resources, tmp_path).access.tokens
    token = endpoint["authorization"]["credentials"]
    given = callers["prometheus"]
    assert (given.scopes, given.accounts) == (("read",), None)
    assert str(given.token_file).endswith(f"/{token['key']}")
    (pod, *_) = pods(resources)
    secrets = {each["name"]: each.get("secret") for each in pod["volumes"]}
    assert secrets["access-tokens"]["secretName"] == token["name"]


def test_the_rules_are_those_that_have_tests() -> None:
    groups = only(render(REPLICAS), "PrometheusRule")["spec"]["groups"]
    source: list[Any] = []
    for path in sorted((ROOT / "deploy" / "prometheus" / "rules").glob("*.yml")):
        source += yaml.safe_load(path.read_text("utf-8"))["groups"]
    assert groups == source


def test_the_dashboards_are_grafanas() -> None:
    data = only(render(REPLICAS), "ConfigMap", "-dashboards")["data"] or {}
    files = sorted((ROOT / "deploy" / "grafana" / "dashboards").glob("*.json"))
    assert sorted(data) == [path.name for path in files]
    for path in files:
        assert data[path.name].strip() == path.read_text("utf-8").strip()


def test_servers_come_and_go_with_the_streams() -> None:
    resources = render(AUTOSCALED)
    scaler = only(resources, "HorizontalPodAutoscaler")["spec"]
    deployment = only(resources, "Deployment")
    assert scaler["scaleTargetRef"]["name"] == deployment["metadata"]["name"]
    assert "replicas" not in deployment["spec"]
    (metric,) = scaler["metrics"]
    assert metric["pods"]["metric"]["name"] == "applemusic_streams_active"
    assert metric["pods"]["target"] == {"type": "AverageValue", "averageValue": "80"}
    metrics = (ROOT / "docs" / "metrics.md").read_text("utf-8")
    assert "| `applemusic_streams_active` | gauge |" in metrics
    assert only(resources, "PodDisruptionBudget")["spec"]["maxUnavailable"] == 1


def test_what_external_secrets_fetches_is_what_is_mounted() -> None:
    resources = render(AUTOSCALED)
    fetched = only(resources, "ExternalSecret")["spec"]
    (pod, *_) = pods(resources)
    volumes = {each["name"]: each.get("secret") for each in pod["volumes"]}
    assert volumes["secrets"]["secretName"] == fetched["target"]["name"]
    keys = {each["secretKey"] for each in fetched["data"]}
    assert keys == {each["key"] for each in volumes["secrets"]["items"]}


@pytest.mark.parametrize("kind", ["Ingress", "HTTPRoute"])
def test_metrics_and_probes_stay_inside(kind: str) -> None:
    web = only(render(SHAPES[-1]), kind, "-web")["spec"]["rules"][0]
    if kind == "Ingress":
        found = {(each["pathType"], each["path"]) for each in web["http"]["paths"]}
    else:
        found = {
            (each["path"]["type"].removeprefix("Path"), each["path"]["value"])
            for each in web["matches"]
        }
    pages = {("Prefix", f"/a/b/{page}") for page in ("sign-in", "link", "assets")}
    assert found == {("Exact", "/a/b"), ("Exact", "/a/b/"), *pages}


def test_an_access_token_is_made_for_each_caller() -> None:
    home = next(path for path in EXAMPLES if path.stem == "home")
    secret = only(render(home), "Secret")
    tokens = [base64.b64decode(each).decode() for each in secret["data"].values()]
    assert sorted(secret["data"]) == ["music-assistant", "operator", "prometheus"]
    assert len(set(tokens)) == 3
    assert all(re.fullmatch("amg_[0-9a-f]{12}_[0-9a-f]{64}", token) for token in tokens)
    assert secret["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"


def test_text_survives_whatever_is_in_it() -> None:
    config = tomllib.loads(server_toml(render(SHAPES[-1])))
    assert config["sign_in"]["app_name"] == 'Tom\'s "music" \\ <radio>\nat home'
    assert "spiffe://house/<grafana>" in config["tls"]["clients"]
    assert config["cache"] == {"max_entries": 10_000_000, "seconds": 0.5}


def test_a_change_of_the_settings_restarts_the_servers_and_nothing_else_does() -> None:
    def sum_of(*values: str) -> str:
        words = (word for value in values for word in ("--set", value))
        pod = only(render(None, *words), "Deployment")["spec"]["template"]
        return str(pod["metadata"]["annotations"]["checksum/config"])

    assert sum_of("config.log.level=debug") != sum_of()
    assert sum_of("service.webPort=80") == sum_of()


@pytest.fixture
def notes(tmp_path: Path) -> Callable[[Path | None], str]:
    """Renders NOTES.txt, which Helm shows at an installation only, for which it wants a cluster."""
    chart = shutil.copytree(CHART, tmp_path / "chart")
    text = (chart / "templates" / "NOTES.txt").read_text("utf-8")
    (chart / "templates" / "notes.yaml").write_text(
        '{{- define "notes" }}' + text + "{{- end }}\n"
        '{kind: Notes, metadata: {name: notes}, text: {{ include "notes" . | quote }}}\n'
    )

    def rendered(shape: Path | None) -> str:
        values = ["--values", shape] if shape else []
        done = helm("template", "music", chart, "--namespace", "house", *values)
        assert done.returncode == 0, done.stderr
        return str(only(manifests(done.stdout), "Notes")["text"])

    return rendered


def test_the_notes_say_how_to_go_on_and_what_is_missing(
    notes: Callable[[Path | None], str],
) -> None:
    said = notes(None)
    assert "installed: one on SQLite, in a volume." in said
    assert (
        "get secret music-applemusic-grpc-access-tokens --output jsonpath='{.data.operator}'"
        in said
    )
    assert "There is no developer token yet" in said
    assert "There is no Widevine device" in said
    assert "gRPC is not encrypted" in said
    said = notes(REPLICAS)
    assert "installed: 3 on PostgreSQL." in said
    for missing in ("There is no", "get secret", "not encrypted", "WARNING"):
        assert missing not in said
    said = notes(SHAPES[-1])
    assert "Nobody from another namespace reaches the pages" in said
    assert "No Prometheus of another namespace reads the metrics" in said
    assert "Traces reach no collector" not in said
    assert "{.data.nas}" in said
