"""Replays the steps of the container image without a container engine, then tries the result.

    python -m tools.replay_image                    # on this machine's own system
    python -m tools.replay_image --debian           # on a fresh Debian 12, as the base image is

Reads deploy/container/Dockerfile and does what it says, step by step, in folders that only look
like a machine of their own (overlay mounts, chroot, namespaces), so it has to run as root on Linux;
nothing outside is changed. Then it starts what came out as an engine would: read-only, with nothing
but a loopback, as the image's user. What it cannot show is printed at the end.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tools.dockerfile import BuildContext, DockerfileError, read_stages
from tools.image_trial import try_server, try_simulator
from tools.pod_trial import rendered, try_pod
from tools.sandbox import TrialError
from tools.stage_replay import Base, StageReplay

ROOT = Path(__file__).resolve().parent.parent
DOCKERFILE = ROOT / "deploy" / "container" / "Dockerfile"
# What python:3.13-slim-bookworm has of Debian for Python's own modules.
_DEBIAN = "ca-certificates,libbz2-1.0,libffi8,liblzma5,libsqlite3-0,libssl3,libreadline8,zlib1g"
# Of this machine's system, seen by the steps; all other folders at the top are empty for them.
_SYSTEM_FOLDERS = {"bin", "etc", "lib", "lib32", "lib64", "libx32", "sbin", "usr", "var"}
_NOT_SHOWN = (
    "the base image itself: instead of python:3.13-slim-bookworm there was {base}",
    "that an engine builds it: layers, its cache, BuildKit",
    "arm64: here everything ran on {machine}; that its wheels exist is a test of their own",
)


def main() -> None:
    """Replay, try, and say what was not shown."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--debian", action="store_true", help="on a fresh Debian (debootstrap)")
    parser.add_argument("--simulator", action="store_true", help="the simulator's image as well")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if problem := why_not(debian=options.debian):
        sys.exit(f"replay_image: {problem}")
    if not options.inside:
        # Mounts are made in a namespace of its own, and are gone with it however it ends.
        command = [sys.executable, "-m", "tools.replay_image", *sys.argv[1:], "--inside"]
        sys.exit(subprocess.run(["unshare", "--mount", *command], cwd=ROOT, check=False).returncode)
    with tempfile.TemporaryDirectory(prefix="replay-") as folder:
        try:
            replay(Path(folder), debian=options.debian, simulator=options.simulator)
        except (DockerfileError, TrialError, subprocess.SubprocessError) as error:
            sys.exit(f"replay_image: {error}")
        finally:
            subprocess.run(["umount", "--recursive", "--lazy", folder], check=False)


def why_not(*, debian: bool = False) -> str:
    """Say why it cannot work here; empty when it can."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        return "needs Linux and root, for it mounts and changes the root folder"
    needed = ["unshare", "nsenter", "mount", *(["debootstrap"] if debian else [])]
    if missing := [name for name in needed if shutil.which(name) is None]:
        return f"not here: {', '.join(missing)}"
    allowed = subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False)
    return "" if allowed.returncode == 0 else "this machine lets nobody mount"


def replay(work: Path, *, debian: bool, simulator: bool) -> None:
    """Do all of it below a folder.

    Raises:
        DockerfileError: A step cannot be understood, or an engine would refuse it.
        subprocess.CalledProcessError: A step failed.
        TrialError: What came out does not do what it should.
    """
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(work)], check=True)
    prefix = python_prefix()
    layers = [python_layer(prefix, work), settings_of_machine(work)]
    layers.append(debian_layer(work) if debian else Path("/"))
    if not debian:
        layers.insert(2, mask_layer(work))
    layers.insert(0, library_layer(tuple(layers), work))
    base = Base("python:3.13-slim-bookworm", tuple(layers))
    stages = StageReplay(read_stages(DOCKERFILE), BuildContext(ROOT), base, work / "stages")
    server = stages.build("server")
    for line in try_server(server, work / "trial"):
        print(f"ok: {line}", flush=True)
    if pod := rendered():
        for line in try_pod(server, pod, work / "trial"):
            print(f"ok: {line}", flush=True)
    else:
        print("not tried: the chart's pod, for there is no helm here", flush=True)
    if simulator:
        built = stages.build("simulator")
        print(f"ok: {try_simulator(built, work / 'simulator-trial')}", flush=True)
    system = "a fresh Debian 12" if debian else "this machine's system"
    for line in _NOT_SHOWN:
        text = line.format(base=f"{system} and Python of {prefix}", machine=os.uname().machine)
        print(f"not shown: {text}")


def python_prefix() -> Path:
    """Where a Python 3.13 lies, as in the image; the one that runs this where there is none."""
    # Where several are installed side by side (pyenv, uv), each has a folder with its version.
    beside = sorted(Path(sys.base_prefix).parent.glob("*3.13*"))
    return next((path for path in beside if (path / "bin" / "python3.13").exists()), None) or Path(
        sys.base_prefix
    )


def python_layer(prefix: Path, work: Path) -> Path:
    """A folder with Python at /usr/local and pip as its only package, as in the image."""
    layer = work / "python"
    local = layer / "usr" / "local"
    if prefix == Path("/usr"):
        (local / "bin").mkdir(parents=True)
        (local / "bin" / "python").symlink_to("/usr/bin/python3")
        return layer

    def unneeded(folder: str, names: list[str]) -> set[str]:
        left_out = {name for name in names if name.endswith(".a")}
        left_out |= {"__pycache__", "test", "idlelib", "tkinter", "include", "share"} & set(names)
        if Path(folder).name == "site-packages":
            left_out |= {name for name in names if not name.startswith("pip")}
        return left_out

    shutil.copytree(prefix, local, symlinks=True, ignore=unneeded)
    hide(local)
    return layer


def library_layer(layers: tuple[Path, ...], work: Path) -> Path:
    """A folder with where libraries are found, Python's own among them."""
    mounted = StageReplay({}, BuildContext(ROOT), Base("", layers), work).mounted("libraries")
    subprocess.run(["ldconfig", "-r", str(mounted.root)], check=True, stderr=subprocess.PIPE)
    subprocess.run(["umount", str(mounted.root)], check=True)
    return mounted.layers[0]


def settings_of_machine(work: Path) -> Path:
    """A folder with what a machine gives to its containers: how to reach others."""
    layer = work / "machine"
    for name in ("resolv.conf", "hosts", "pip.conf", "ssl/certs/ca-certificates.crt"):
        path = Path("/etc") / name
        if path.exists():
            (layer / "etc" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, layer / "etc" / name)
    return layer


def mask_layer(work: Path) -> Path:
    """A folder that hides what is this machine's own in its system."""
    layer = work / "mask"
    for path in Path("/").iterdir():
        if path.name not in _SYSTEM_FOLDERS and path.is_dir() and not path.is_symlink():
            (layer / path.name).mkdir(parents=True)
            hide(layer / path.name)
    (layer / "tmp").chmod(0o1777)
    return layer


def hide(folder: Path) -> None:
    """Let nothing of the layers below be seen in a folder."""
    os.setxattr(folder, "trusted.overlay.opaque", b"y")


def debian_layer(work: Path) -> Path:
    """A fresh Debian 12, from the mirror that this machine uses."""
    layer = work / "debian"
    command = ["debootstrap", "--variant=minbase", f"--include={_DEBIAN}", "bookworm", str(layer)]
    done = subprocess.run([*command, *mirrors()], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise DockerfileError(f"debootstrap failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return layer


def mirrors() -> Iterator[str]:
    """The first mirror of this machine's apt; none leaves debootstrap its own."""
    for path in sorted(Path("/etc/apt").glob("sources.list*")):
        for file in [path] if path.is_file() else sorted(path.iterdir()):
            for word in re.sub("#.*", "", file.read_text("utf-8")).split():
                if word.startswith(("http://", "https://")):
                    yield word
                    return


if __name__ == "__main__":
    main()
