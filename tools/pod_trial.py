"""Runs the pod that the Helm chart describes in the image's files, as Kubernetes would."""

import base64
import os
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tools.sandbox import Running, Sandbox, TrialError, expect_success
from tools.stage_replay import Built

CHART = Path(__file__).resolve().parent.parent / "deploy" / "helm" / "applemusic-grpc"


def rendered() -> list[dict[str, Any]]:
    """What the chart's own values make; empty where there is no Helm."""
    helm = shutil.which("helm", path=str(Path(sys.executable).parent)) or shutil.which("helm")
    if helm is None:
        return []
    return [
        each
        for each in yaml.safe_load_all(expect_success([helm, "template", "music", str(CHART)]))
        if each
    ]


def try_pod(built: Built, resources: list[dict[str, Any]], work: Path) -> Iterator[str]:
    """Try the only pod of an installation without Apple's secrets; yield what is good.

    Raises:
        TrialError: Something is not.
        subprocess.TimeoutExpired: It takes longer to end than the pod has.
    """
    (pod,) = [
        each["spec"]["template"]["spec"] for each in resources if each["kind"] == "Deployment"
    ]
    (container,) = pod["containers"]
    group = pod["securityContext"]["fsGroup"]
    folders = {each["name"]: _volume(each, resources, group, work) for each in pod["volumes"]}
    mounts = {each["mountPath"]: folders[each["name"]] for each in container["volumeMounts"]}
    for place in mounts:
        built.inside(place).mkdir(parents=True, exist_ok=True)
    variables = {each["name"]: each["value"] for each in container["env"]}
    box = Sandbox(built, mounts, variables)
    program = [*container.get("command", built.entry_point), *container["args"]]
    with box.started(program) as running:
        running.until_ready()
        box.ask_beside(running, "applemusic-server", "health")
        status, _ = _get(running, container["readinessProbe"]["httpGet"])
        if status != "200":
            raise TrialError(f"the readiness probe gets {status}")
        yield "the chart's pod starts from its ConfigMap and Secret, and its probes succeed"
        began = time.monotonic()
        running.stop(pod["terminationGracePeriodSeconds"])
        yield f"it ends {time.monotonic() - began:.1f} s after SIGTERM"
    data = mounts["/data"]
    exposed = [path.name for path in data.iterdir() if path.stat().st_mode & 0o007]
    if not (data / "server.db").exists() or exposed:
        raise TrialError(f"the volume is not as it should be; for everybody: {exposed}")
    yield "its data is in the volume, for its user and group alone"


def _volume(
    volume: dict[str, Any], resources: list[dict[str, Any]], group: int, work: Path
) -> Path:
    """Make a volume as kubelet does: root's, of the pod's group, files behind links."""
    folder = work / "pod" / str(volume["name"])
    folder.mkdir(parents=True)
    files: dict[str, bytes] = {}
    mode = 0o644
    if "configMap" in volume:
        config = _named(resources, "ConfigMap", volume["configMap"]["name"])
        files = {name: text.encode() for name, text in config["data"].items()}
    elif "secret" in volume:
        secret = _named(resources, "Secret", volume["secret"]["secretName"])
        files = {name: base64.b64decode(text) for name, text in secret["data"].items()}
        mode = volume["secret"]["defaultMode"]
    else:
        folder.chmod(0o2777 if "emptyDir" in volume else 0o2775)
    for name, content in files.items():
        path = folder / "..2026_01_01" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        path.chmod(mode)
        os.chown(path, 0, group)
        (folder / name).symlink_to(f"..data/{name}")
    if files:
        (folder / "..data").symlink_to("..2026_01_01")
    os.chown(folder, 0, group)
    return folder


def _named(resources: list[dict[str, Any]], kind: str, name: str) -> dict[str, Any]:
    (found,) = [
        each for each in resources if (each["kind"], each["metadata"]["name"]) == (kind, name)
    ]
    return found


def _get(running: Running, probe: dict[str, Any]) -> tuple[str, str]:
    """Ask as kubelet does, and return the status and the text."""
    host = {each["name"]: each["value"] for each in probe["httpHeaders"]}["Host"]
    script = (
        "import http.client; c = http.client.HTTPConnection('127.0.0.1', 8780, timeout=5);"
        f"c.request('GET', {probe['path']!r}, headers={{'Host': {host!r}}});"
        "r = c.getresponse(); print(r.status, r.read().decode())"
    )
    said = expect_success([*running.network_of(), sys.executable, "-c", script])
    status, _, text = said.partition(" ")
    return status, text
