"""What the Helm chart renders asks for no power, and shows nothing to those who need not see it."""

import ipaddress
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.chart import EXAMPLES, SHAPES, Manifest, name_of, only, pods, render

shapes = pytest.mark.parametrize("shape", SHAPES, ids=name_of)
_VOLUMES = {
    *("configMap", "csi", "downwardAPI", "emptyDir", "ephemeral"),
    *("persistentVolumeClaim", "projected", "secret"),
}


def faults(pod: Manifest) -> list[str]:
    """What the Pod Security Standard `restricted` forbids (reference: Kubernetes docs)."""
    outer = pod.get("securityContext", {})
    found = [f"{key} of the host" for key in ("hostNetwork", "hostPID", "hostIPC") if pod.get(key)]
    for volume in pod.get("volumes", ()):
        found += [f"volume {kind}" for kind in volume.keys() - {"name"} - _VOLUMES]
    for container in (*pod.get("initContainers", ()), *pod["containers"]):
        own = container.get("securityContext", {})
        both = {**outer, **own}
        wanted: dict[str, Any] = {
            "runAsNonRoot": True,
            "allowPrivilegeEscalation": False,
            "seccompProfile": {"type": "RuntimeDefault"},
            "capabilities": {"drop": ["ALL"]},
        }
        found += [key for key, value in wanted.items() if both.get(key) != value]
        found += ["privileged"] * bool(own.get("privileged"))
        found += ["runs as root"] * (both.get("runAsUser") in {0, None})
        found += ["hostPort" for port in container.get("ports", ()) if port.get("hostPort")]
    return found


@shapes
def test_pods_keep_to_the_restricted_standard(shape: Path | None) -> None:
    for pod in pods(render(shape)):
        assert faults(pod) == []


def test_the_standard_would_be_seen_broken() -> None:
    (pod, *_) = pods(render(None))
    pod["hostNetwork"] = True
    pod["volumes"].append({"name": "host", "hostPath": {"path": "/"}})
    del pod["securityContext"]["seccompProfile"]
    pod["containers"][0]["securityContext"]["capabilities"]["add"] = ["NET_ADMIN"]
    assert faults(pod) == [
        "hostNetwork of the host",
        "volume hostPath",
        "seccompProfile",
        "capabilities",
    ]


@shapes
def test_beyond_the_standard(shape: Path | None) -> None:
    for pod in pods(render(shape)):
        assert pod["automountServiceAccountToken"] is False
        assert pod["enableServiceLinks"] is False
        assert pod["securityContext"]["runAsUser"] == 65532
        for container in pod["containers"]:
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
            assert container["resources"]["limits"]["memory"]
            assert container["resources"]["requests"].keys() == {"cpu", "memory"}


@shapes
def test_secrets_are_files_and_never_variables(shape: Path | None) -> None:
    for pod in pods(render(shape)):
        for container in pod["containers"]:
            assert "envFrom" not in container
            assert not [each for each in container.get("env", ()) if "valueFrom" in each]
        for volume in pod.get("volumes", ()):
            if "secret" in volume:
                # Of the group alone: the server refuses what everybody can read.
                assert volume["secret"].get("defaultMode", 0o644) & 0o007 == 0


@shapes
def test_nothing_secret_is_outside_of_secrets(shape: Path | None) -> None:
    resources = [each for each in render(shape) if each["kind"] != "Secret"]
    assert not re.search(r"amg_[0-9a-f]{12}_|PRIVATE KEY|password=", json.dumps(resources))


@shapes
def test_the_server_reaches_apple_and_no_private_address(shape: Path | None) -> None:
    policy = only(render(shape), "NetworkPolicy")["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    apple = next(rule for rule in policy["egress"] if rule.get("to", [{}])[0].get("ipBlock"))
    assert apple["ports"] == [{"port": 443, "protocol": "TCP"}]
    excepted = [
        ipaddress.ip_network(each) for block in apple["to"] for each in block["ipBlock"]["except"]
    ]
    for address in (
        *("10.1.2.3", "172.31.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "127.0.0.1"),
        *("::1", "fd00::1", "fe80::1"),
    ):
        assert any(ipaddress.ip_address(address) in network for network in excepted), address
    for address in ("17.253.1.1", "2620:149::1"):
        assert not any(ipaddress.ip_address(address) in network for network in excepted)


@shapes
def test_nobody_comes_in_but_those_who_are_named(shape: Path | None) -> None:
    rules = only(render(shape), "NetworkPolicy")["spec"]["ingress"]
    assert [each["port"] for rule in rules for each in rule["ports"]] == ["grpc", "web"]
    for rule in rules:
        assert rule["from"]
        for peer in rule["from"]:
            assert peer.keys() <= {"podSelector", "namespaceSelector", "ipBlock"}
            assert peer.get("namespaceSelector") != {}, "every namespace"


def test_the_defaults_are_the_careful_ones() -> None:
    resources = render(None)
    kinds = {each["kind"] for each in resources}
    assert not kinds & {"Ingress", "HTTPRoute", "GRPCRoute"}
    services = [each["spec"].get("type") for each in resources if each["kind"] == "Service"]
    assert set(services) <= {"ClusterIP", None}
    (config,) = [each for each in resources if each["kind"] == "ConfigMap"]
    for risky in ("insecure", "open_metrics"):
        assert risky not in config["data"]["server.toml"]


@pytest.mark.parametrize("shape", EXAMPLES, ids=name_of)
def test_examples_are_careful_too(shape: Path) -> None:
    text = shape.read_text("utf-8")
    for risky in ("insecure", "open_metrics", "LoadBalancer", "NodePort", ":latest"):
        assert risky not in text
