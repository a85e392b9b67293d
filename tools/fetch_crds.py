"""Fetches the definitions of the custom resources that the Helm chart and its examples use.

    python tools/fetch_crds.py FOLDER

They lie in the modules of the projects that define them; Go downloads these, and what came is
checked against its hash.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

# Module, version, its hash, and the files in it.
_MODULES = (
    (
        "sigs.k8s.io/gateway-api",
        "v1.5.1",
        "h1:RqVRIlkhLhUO8wOHKTLnTJA6o/1un4po4/6M1nRzdd0=",
        (
            "config/crd/standard/gateway.networking.k8s.io_httproutes.yaml",
            "config/crd/standard/gateway.networking.k8s.io_grpcroutes.yaml",
        ),
    ),
    (
        "github.com/prometheus-operator/prometheus-operator",
        "v0.85.0",
        "h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=",
        (
            "example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml",
            "example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml",
        ),
    ),
    (
        "github.com/external-secrets/external-secrets",
        "v1.3.2",
        "h1:u2J8RjlHIeF0oZCqtl92adI/uZWUwOesJIDkfql6LqQ=",
        ("config/crds/bases/external-secrets.io_externalsecrets.yaml",),
    ),
    (
        "github.com/fluxcd/helm-controller",
        "v1.4.0",
        "h1:rkm8rmB6Na7eNc4pJOnvtXEaJ19iKluRtayHKjBxcUM=",
        ("config/crd/bases/helm.toolkit.fluxcd.io_helmreleases.yaml",),
    ),
    (
        "github.com/fluxcd/source-controller",
        "v1.7.3",
        "h1:gFfeBiNUgF0kFFGap/rrMeJqz+0Tod0ARENJO8w/UA8=",
        ("config/crd/bases/source.toolkit.fluxcd.io_gitrepositories.yaml",),
    ),
)


def fetch(folder: Path) -> None:
    """Put all definitions into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for module, version, checksum, files in _MODULES:
        done = subprocess.run(
            ["go", "mod", "download", "-json", f"{module}@{version}"],
            capture_output=True,
            text=True,
            check=False,
        )
        found = json.loads(done.stdout) if done.stdout else {}
        if done.returncode != 0 or found.get("Sum") != checksum:
            problem = found.get("Error") or done.stderr or f"its hash is {found.get('Sum')}"
            sys.exit(f"fetch_crds: {module}@{version}: {problem}")
        for file in files:
            shutil.copyfile(Path(found["Dir"]) / file, folder / Path(file).name)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    fetch(Path(sys.argv[1]))
