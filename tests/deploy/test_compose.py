"""The compose file is good by its schema, safe, and all that it names does what it should."""

import asyncio
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import structlog
import yaml

from applemusic_server.app import Server
from applemusic_server.config_sources import load
from applemusic_simulator.credentials import write_credentials
from applemusic_simulator.simulator import Simulator
from deploy.compose.demo import listen
from deploy.compose.demo import write_credentials as prepare
from tools.dockerfile import read_stages

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "compose"
COMPOSE: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
PROFILES = {"sqlite", "postgresql", "demo"}


def check(file: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).parent / "check-jsonschema"
    return subprocess.run(  # noqa: S603 - our own files
        [program, "--builtin-schema", "vendor.compose-spec", file],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_schema_accepts_it() -> None:
    done = check(FOLDER / "compose.yaml")
    assert done.returncode == 0, done.stdout


def test_the_schema_would_refuse_a_slip(tmp_path: Path) -> None:
    spoilt = tmp_path / "compose.yaml"
    spoilt.write_text((FOLDER / "compose.yaml").read_text("utf-8").replace("read_only", "readonly"))
    assert check(spoilt).returncode == 1


def test_every_service_has_a_profile_and_each_profile_one_server() -> None:
    assert {name for each in SERVICES.values() for name in each["profiles"]} == PROFILES
    for profile in PROFILES:
        found = [each for each in SERVICES.values() if profile in each["profiles"]]
        named = [each for each in found if each.get("networks")]
        assert len(named) == 1, profile
        assert named[0]["networks"]["default"]["aliases"] == ["applemusic"]
    assert SERVICES["demo"]["network_mode"] == "service:simulator"
    chosen = re.search(
        "^COMPOSE_PROFILES=(.+)$", (FOLDER / ".env").read_text("utf-8"), re.MULTILINE
    )
    assert chosen
    assert chosen[1] == "sqlite"


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_no_more_power_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.get("privileged")
    for port in service.get("ports", ()):
        assert port.startswith(("127.0.0.1:", "${BIND_ADDRESS:-127.0.0.1}:"))
    if service["image"].startswith("applemusic"):
        assert service["read_only"] is True
        stages = read_stages(ROOT / service["build"]["dockerfile"])
        assert service["build"].get("target", "server") in stages


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_mounts_is_there(name: str) -> None:
    for volume in SERVICES[name].get("volumes", ()):
        source = volume.split(":")[0]
        if source.startswith("./secrets"):
            continue  # the operator's
        if source.startswith("."):
            assert (FOLDER / source).exists(), volume
        else:
            assert source in COMPOSE["volumes"], volume


def test_what_a_service_waits_for_runs_in_its_profiles() -> None:
    for service in SERVICES.values():
        for other in service.get("depends_on", ()):
            assert set(service["profiles"]) <= set(SERVICES[other]["profiles"])


@pytest.mark.parametrize("file", sorted(FOLDER.glob("config/*.toml")), ids=lambda file: file.stem)
def test_the_server_accepts_its_configuration(file: Path) -> None:
    settings = load({}, {}, file)
    assert settings.grpc.insecure is (file.stem == "demo")
    for name in ("server", "server-postgresql", "demo"):
        mounted = [volume for volume in SERVICES[name]["volumes"] if f"/{file.name}:" in volume]
        if mounted:
            assert mounted[0].endswith(":/etc/applemusic/server.toml:ro")
            grace = int(SERVICES[name]["stop_grace_period"].removesuffix("s"))
            assert grace > settings.grpc.grace_seconds


def test_the_example_of_ones_own_settings_is_accepted() -> None:
    lines = (FOLDER / "server.env.example").read_text("utf-8").splitlines()
    wanted = [line.lstrip("#") for line in lines if "=" in line]
    settings = load(dict(line.split("=", 1) for line in wanted), {})
    secrets = [*settings.secret_files().values()]
    assert len(secrets) == 2
    assert {str(path.parent) for path in secrets} == {"/run/secrets/applemusic"}


def test_prometheus_reads_all_rules_and_asks_the_server() -> None:
    wanted = yaml.safe_load((FOLDER / "prometheus.yml").read_text("utf-8"))
    rules = ROOT / "deploy" / "prometheus" / "rules"
    assert sorted(wanted["rule_files"]) == [
        f"rules/{each.name}" for each in sorted(rules.iterdir())
    ]
    (job,) = wanted["scrape_configs"]
    assert "applemusic" in job["job_name"]
    assert job["static_configs"] == [{"targets": ["applemusic:8780"]}]


def test_grafana_finds_prometheus_and_the_dashboards() -> None:
    provisioning = ROOT / "deploy" / "grafana" / "provisioning"
    source = yaml.safe_load((provisioning / "datasources" / "prometheus.yml").read_text("utf-8"))
    boards = yaml.safe_load((provisioning / "dashboards" / "applemusic.yml").read_text("utf-8"))
    interval = yaml.safe_load((FOLDER / "prometheus.yml").read_text("utf-8"))["global"]
    assert source["datasources"][0]["url"] == "http://prometheus:9090"
    assert source["datasources"][0]["jsonData"]["timeInterval"] == interval["scrape_interval"]
    path = boards["providers"][0]["options"]["path"]
    assert f"../grafana/dashboards:{path}:ro" in SERVICES["grafana"]["volumes"]


async def test_the_demo_plays(tmp_path: Path) -> None:
    """What its services do, one after the other, without containers."""
    music = ROOT / "build" / "simulator-cache"
    async with Simulator(seed=1, cache_dir=music) as simulator:
        write_credentials(tmp_path / "simulator.json", simulator)
        await asyncio.to_thread(prepare, tmp_path, simulator.url)
        settings = {
            "apple.root_url": simulator.url,
            "developer_token.token_file": str(tmp_path / "developer-token"),
            "widevine.device_file": str(tmp_path / "device.wvd"),
            "access.tokens.demo.token_file": str(tmp_path / "access-token"),
            "storage.data_dir": str(tmp_path / "data"),
            # In a moment instead of in their own time.
            "playback.burst_seconds": 60,
            "grpc.port": 0,
            "web.port": 0,
            "grpc.host": "127.0.0.1",
            "web.host": "127.0.0.1",
        }
        server = Server(
            load({}, settings, FOLDER / "config" / "demo.toml"), structlog.get_logger(), {}
        )
        await server.start()
        try:
            await listen(tmp_path, f"127.0.0.1:{server.grpc_port}", songs=2)
            password = (tmp_path / "access-token").read_text().strip()
            page = f"http://127.0.0.1:{server.web_port}/"
            shown = {"Authorization": f"Bearer {password}"}
            async with aiohttp.ClientSession(headers=shown) as browser:
                assert (await browser.get(page)).status == 200
        finally:
            await server.stop()
    assert (tmp_path / "device.wvd").stat().st_mode & 0o777 == 0o600
