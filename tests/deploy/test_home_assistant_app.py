"""The Home Assistant app: what Home Assistant reads, and a server started as the app starts it."""

import importlib.util
import json
import re
import stat
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from PIL import Image

from applemusic import Client
from applemusic_server.config_sources import load
from tests.support.docs_pages import ROOT
from tools.dockerfile import read_stages
from tools.home_assistant import put_together
from tools.stack import Process

APP = ROOT / "deploy" / "home_assistant" / "applemusic_grpc"
CONFIG: dict[str, Any] = yaml.safe_load((APP / "config.yaml").read_text())
BIN = Path(sys.prefix) / "bin"


def module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("home_assistant_start", APP / "start.py")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


START = module()


@pytest.fixture
def app(tmp_path: Path) -> Any:
    """The folders that Home Assistant gives, and the options as they are at first."""
    found = START.App(*(tmp_path / name for name in ("data", "config", "ssl", "run")))
    for folder in (found.data, found.config, found.ssl):
        folder.mkdir()
    (found.data / "options.json").write_text(json.dumps(CONFIG["options"]))
    return found


def chosen(app: Any, **options: Any) -> dict[str, Any]:
    """The server's settings for some options, as the server understands them."""
    app.prepare()
    text = START.as_toml(START.settings(app, {**CONFIG["options"], **options}))
    app.configuration.write_text(text)
    return load({}, {}, app.configuration)  # type: ignore[return-value]  # its sections are looked at


def test_home_assistant_finds_what_it_asks_for() -> None:
    """What the Supervisor requires, and what its linter objects to (reference: HA's docs)."""
    assert {"name", "version", "slug", "description", "arch"} <= CONFIG.keys()
    assert CONFIG["slug"] == APP.name
    assert set(CONFIG["arch"]) == {"aarch64", "amd64"}
    assert CONFIG["init"] is False
    assert CONFIG["ingress_port"] == load({}, {}).web.port
    assert f"{load({}, {}).grpc.port}/tcp" in CONFIG["ports"]
    assert not {"webui", "watchdog", "advanced", "codenotary"} & CONFIG.keys()
    assert not {"host_network", "privileged", "full_access", "docker_api"} & CONFIG.keys()
    # Home Assistant's own 10 s would cut songs short, and so would less than the server's grace.
    assert CONFIG["timeout"] > load({}, {}).grpc.grace_seconds + 5
    repository = yaml.safe_load((ROOT / "repository.yaml").read_text())
    assert {"name", "url", "maintainer"} == repository.keys()


def test_every_option_can_be_chosen_and_is_explained_in_every_language() -> None:
    assert CONFIG["options"].keys() == CONFIG["schema"].keys()
    languages = list((APP / "translations").glob("*.yaml"))
    assert len(languages) >= 2
    for path in languages:
        texts = yaml.safe_load(path.read_text("utf-8"))
        assert texts["configuration"].keys() == CONFIG["schema"].keys(), path.name
        assert all(text["name"] and text["description"] for text in texts["configuration"].values())
        assert texts["network"].keys() == CONFIG["ports"].keys()
    for name, rule in CONFIG["schema"].items():
        value = CONFIG["options"][name]
        if isinstance(rule, str) and rule.startswith("match("):
            assert re.fullmatch(rule.rstrip("?")[6:-1], value), rule


def test_its_version_is_the_server_s() -> None:
    text = (ROOT / "server" / "pyproject.toml").read_text()
    assert f'version = "{CONFIG["version"]}"' in text
    assert f"## {CONFIG['version']}\n" in (APP / "CHANGELOG.md").read_text()


@pytest.mark.parametrize(("name", "size"), [("icon.png", (128, 128)), ("logo.png", (250, 100))])
def test_its_pictures_have_home_assistant_s_sizes(name: str, size: tuple[int, int]) -> None:
    with Image.open(APP / name) as picture:
        assert picture.size == size


def test_the_folder_has_all_that_is_built_from_it(tmp_path: Path) -> None:
    folder = tmp_path / "app"
    put_together(folder)
    dockerfile = folder / "Dockerfile"
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile.read_text(), re.MULTILINE)
    assert copied
    for source in " ".join(copied).split():
        assert (folder / source).exists(), source
    wheels = {path.name.split("-")[0]: path for path in (folder / "wheels").iterdir()}
    assert wheels.keys() == {"applemusic_grpc", "applemusic_grpc_server"}
    with zipfile.ZipFile(wheels["applemusic_grpc_server"]) as wheel:
        assert any(name.startswith("applemusic_server/web/static/") for name in wheel.namelist())
    assert read_stages(dockerfile).keys() == {"builder", "app"}


def test_hadolint_finds_no_fault() -> None:
    done = subprocess.run(  # noqa: S603 - a tool of this environment
        [BIN / "hadolint", "--no-color", APP / "Dockerfile"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_options_become_settings(app: Any) -> None:
    for name in ("AuthKey.p8", "device.wvd"):
        (app.config / name).write_text(name)
        (app.config / name).chmod(0o644)
    for name in ("fullchain.pem", "privkey.pem"):
        (app.ssl / name).write_text(name)
    settings: Any = chosen(
        app,
        storefront="de",
        external_urls=["https://home.example.org/"],
        musickit_key_file="AuthKey.p8",
        musickit_key_id="ABCDE12345",
        musickit_team_id="TEAM123456",
        widevine_device_file="device.wvd",
        ssl=True,
        log_level="debug",
    )
    assert settings.apple.storefront == "de"
    assert settings.web.allowed_origins[1:] == ("https://home.example.org",)
    assert settings.developer_token.key_id == "ABCDE12345"
    assert settings.log.level == "debug"
    files = (
        settings.developer_token.private_key_file,
        settings.widevine.device_file,
        settings.tls.certificate_file,
        settings.tls.private_key_file,
    )
    texts = ["AuthKey.p8", "device.wvd", "fullchain.pem", "privkey.pem"]
    assert [path.read_text() for path in files] == texts
    # People's files can be read by everybody in the house; the server's copies by itself.
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


@pytest.mark.parametrize("name", ["nope.p8", "../outside", "/etc/passwd"])
def test_a_file_that_is_not_in_the_folder_is_refused(app: Any, tmp_path: Path, name: str) -> None:
    (tmp_path / "outside").write_text("secret")
    with pytest.raises(START.OptionsError, match="musickit_key_file"):
        chosen(app, musickit_key_file=name)


def test_a_link_in_the_servers_folder_hands_over_nothing(
    app: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.prepare()
    (app.state / "link").symlink_to(tmp_path / "somebody-elses")
    asked: list[tuple[Path, bool]] = []

    def chown(path: Path, *_: int, follow_symlinks: bool = True) -> None:
        asked.append((path, follow_symlinks))

    monkeypatch.setattr("os.chown", chown)
    app.hand_over(65532)
    assert (app.state / "link", False) in asked
    assert not [path for path, follows in asked if follows]


def test_the_access_token_stays(app: Any) -> None:
    app.prepare()
    first = (app.config / START.ACCESS_TOKEN).read_text()
    app.prepare()
    assert (app.config / START.ACCESS_TOKEN).read_text() == first


async def test_the_server_starts_with_the_first_options(app: Any) -> None:
    """Its settings, but for the ports, and Apple is not asked."""
    chosen(app)
    server = await Process.start(
        *("applemusic_server", "serve", "--config", str(app.configuration)),
        *("--grpc-port", "0", "--web-port", "0", "--grpc-host", "127.0.0.1"),
        *("--web-host", "127.0.0.1", "--set", "grpc.require_access_token=true"),
        environment={"APPLEMUSIC_APPLE__ROOT_URL": "http://127.0.0.1:9"},
    )
    address = (await server.ready(r"^ready grpc=(\S+)")).group(1)
    token = (app.config / START.ACCESS_TOKEN).read_text().strip()
    async with Client(address, access_token=token) as music:
        assert [account async for account in music.auth.accounts()] == []
        assert (await music.server.info()).server_version == CONFIG["version"]
    assert await server.stop() == 0
    assert (app.state / "server.db").exists()
