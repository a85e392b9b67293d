"""The commands of the pages on containers and clusters, as far as they go without an engine.

Helm's run as they stand there. Of Docker's and kubectl's what they name is looked up, and what they
run inside of a container is run here.
"""

import itertools
import re
import shlex
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from applemusic_server.__main__ import main as server_command
from tests.docs.conftest import environment
from tests.support.chart import ROOT, helm, only, render
from tests.support.docs_pages import blocks_of, statements
from tools.dockerfile import read_stages

COMPOSE = ROOT / "deploy" / "compose" / "compose.yaml"
SERVICES = yaml.safe_load(COMPOSE.read_text("utf-8"))["services"]
PAGES = [ROOT / "docs" / f"{name}.md" for name in ("container", "kubernetes", "monitoring")]
IMAGE = "applemusic-grpc-server"


def commands(*programs: str) -> list[list[str]]:
    """The commands of these pages that begin with one of these words."""
    found = [
        shlex.split(statement, comments=True)
        for page in PAGES
        for block in blocks_of(page)
        if block.language == "sh"
        for statement in statements(block)
    ]
    return [words for words in found if words[0] in programs]


def test_every_command_is_looked_at_by_a_test() -> None:
    known = {"docker", "helm", "kubectl", "cp", "install", "sudo", "openssl", "for"}
    assert {words[0] for words in commands(*known, "applemusic-server")} <= known | {
        "applemusic-server"
    }
    for page in PAGES:
        for block in blocks_of(page):
            if block.language == "sh":
                for statement in statements(block):
                    assert shlex.split(statement)[0] in known | {"applemusic-server"}, statement


@pytest.mark.parametrize("words", commands("helm"), ids=" ".join)
def test_helm(words: list[str]) -> None:
    """Without a cluster an installation is rendered, and nothing can be tested in it."""
    if "test" in words:
        assert only(render(None), "Pod")["metadata"]["annotations"]["helm.sh/hook"] == "test"
        return
    if words[1] == "upgrade":
        assert words[2] == "--install"
        words = ["helm", "template", *words[3:]]
    done = helm(*words[1:])
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("words", commands("docker"), ids=" ".join)
def test_docker(words: list[str], tmp_path: Path) -> None:
    match words[1]:
        case "build" | "buildx":
            options = dict(itertools.pairwise(words))
            assert read_stages(ROOT / options["--file"])
            assert words[-1] == "."
            assert options["--tag"] == IMAGE
        case "compose":
            check_compose(words[2:], tmp_path)
        case "run":
            inside = words[words.index(IMAGE) + 1 :]
            check_options(words[2 : words.index(IMAGE)])
            check_inside(["applemusic-server", *(inside or ["serve"])], tmp_path)
        case "exec":
            check_inside(words[3:], tmp_path)
        case "stop":
            assert words[2:] == ["applemusic"]
        case other:
            pytest.fail(f"nobody knows what docker {other} does")


def check_options(words: list[str]) -> None:
    """Of `docker run`: as safe as compose's, with the ports of the image."""
    server = read_stages(ROOT / "deploy" / "container" / "Dockerfile")["server"]
    (ports,) = [each.words() for each in server.instructions if each.keyword == "EXPOSE"]
    published = [value for word, value in itertools.pairwise(words) if word == "--publish"]
    assert all(value.startswith("127.0.0.1:") for value in published)
    if "--detach" in words:
        assert {value.rpartition(":")[2] for value in published} == set(ports)
        assert {"--read-only", "--cap-drop", "--security-opt"} <= set(words)


def check_compose(words: list[str], folder: Path) -> None:
    assert words[0] == "--file"
    assert ROOT / words[1] == COMPOSE
    words = words[2:]
    profile = "sqlite"
    if words[0] == "--profile":
        profile, words = words[1], words[2:]
    verb, rest = words[0], [word for word in words[1:] if not word.startswith("--")]
    assert verb in {"up", "build", "run", "exec"}
    if rest:
        service = SERVICES[rest[0]]
        assert profile in service["profiles"]
        inside = words[words.index(rest[0]) + 1 :]
        if verb == "run":
            inside = ["applemusic-server", *inside]
        if inside:
            check_inside(inside, folder)
    assert any(profile in each["profiles"] for each in SERVICES.values())


def check_inside(words: list[str], folder: Path) -> None:
    """Run what runs inside of a container, with folders of its own; servers are only understood."""
    program, arguments = words[0], [translated(word, folder) for word in words[1:]]
    if program == "cat":
        assert words[1] in {"/data/token", "/credentials/access-token"}
        return
    if program == "python":
        make_database(folder / "data" / "server.db")
        subprocess.run([sys.executable, *arguments], check=True)  # noqa: S603 - as documented
        with closing(sqlite3.connect(folder / "data" / "backup.db")) as copy:
            assert copy.execute("SELECT * FROM t").fetchall() == [(1,)]
        return
    if program == "applemusic":
        # It would wait for a person: all its options are known.
        client = Path(sys.executable).parent / "applemusic"
        said = subprocess.run(  # noqa: S603 - our own command
            [client, *arguments, "--help"], capture_output=True, text=True, check=False
        )
        assert said.returncode == 0, said.stderr
        return
    assert program == "applemusic-server"
    if arguments[0] in {"serve", "health", "doctor"}:
        done = CliRunner().invoke(server_command, [*arguments, "--help"])
    else:
        (folder / "data").mkdir(exist_ok=True)
        (folder / "keys").mkdir(exist_ok=True)
        settings = {"APPLEMUSIC_CONFIG": None, "STATE_DIRECTORY": str(folder / "data")}
        done = CliRunner().invoke(server_command, arguments, env=settings)
    assert done.exit_code == 0, done.stderr


def make_database(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE t (n)")
        database.execute("INSERT INTO t VALUES (1)")


def translated(word: str, folder: Path) -> str:
    return re.sub(r"(^|')/(data|keys)(?=/)", rf"\1{folder}/\2", word)


@pytest.mark.parametrize("words", commands("kubectl"), ids=" ".join)
def test_kubectl(words: list[str], tmp_path: Path) -> None:
    """Makes the secrets that the examples name, and runs in a pod what works there."""
    if "exec" in words:
        assert words[4] == f"deployment/{only(render(None), 'Deployment')['metadata']['name']}"
        if words[6] == "python":
            check_inside(words[6:], tmp_path)
        return
    if words[1] == "create":
        assert words[1:] == ["create", "namespace", "music"]
        return
    assert words[1:6] == ["--namespace", "music", "create", "secret", "generic"]
    name, made = words[6], set(words[8::2])
    assert set(words[7::2]) == {"--from-file"}
    examples = ["home", "replicas"] if len(made) == 2 else ["replicas"]
    wanted = [keys for each in examples for keys in named_keys(each, name)]
    assert made in wanted, (made, wanted)


def named_keys(example: str, secret: str) -> Iterator[set[str]]:
    """The keys that the server's pod takes of a secret; of access tokens those of all callers."""
    resources = render(ROOT / "deploy" / "helm" / "examples" / f"{example}.yaml")
    for volume in only(resources, "Deployment")["spec"]["template"]["spec"]["volumes"]:
        found = volume.get("secret", {})
        if found.get("secretName") == secret:
            items = {item["key"] for item in found.get("items", ())}
            values = yaml.safe_load(
                (ROOT / "deploy" / "helm" / "examples" / f"{example}.yaml").read_text("utf-8")
            )
            yield items or set(values["accessTokens"]["callers"])


def test_secrets_are_made_in_a_shell(tmp_path: Path) -> None:
    """The block that makes keys, password and tokens."""
    (text,) = [
        block.text
        for block in blocks_of(ROOT / "docs" / "kubernetes.md")
        if "for caller in" in block.text
    ]
    done = subprocess.run(  # noqa: S603 - the documentation's own
        ["bash", "-euc", text],  # noqa: S607 - whichever bash there is
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for caller in ("operator", "music-assistant", "prometheus"):
        token = (tmp_path / caller).read_text("utf-8")
        assert re.fullmatch("amg_[0-9a-f]{12}_[0-9a-f]{64}\n", token)
    assert (tmp_path / "encryption.key").stat().st_mode & 0o777 == 0o600


def test_the_adapters_rule_is_about_a_metric_of_ours() -> None:
    (block,) = [each for each in blocks_of(PAGES[1]) if each.language == "yaml"]
    (rule,) = yaml.safe_load(block.text)["rules"]
    scaler = only(render(ROOT / "deploy/helm/examples/autoscaled.yaml"), "HorizontalPodAutoscaler")
    wanted = scaler["spec"]["metrics"][0]["pods"]["metric"]["name"]
    assert rule["name"]["as"] == wanted
    assert rule["seriesQuery"].startswith(f"{wanted}{{")


def test_what_is_said_of_versions_is_what_is_tested() -> None:
    from tests.support.kubernetes_schemas import MINORS  # noqa: PLC0415 - only here

    page = PAGES[1].read_text("utf-8")
    assert f"Kubernetes {MINORS[0]} to {MINORS[-1]}" in page
    chart = yaml.safe_load((ROOT / "deploy/helm/applemusic-grpc/Chart.yaml").read_text("utf-8"))
    assert f"Kubernetes {chart['kubeVersion'].removeprefix('>=').split('.0-')[0]} or newer" in page
