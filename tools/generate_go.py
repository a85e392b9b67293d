"""Generate the Go client's code of the contract, or check that it is up to date.

`make setup` builds the two plugins of protoc where Go is, from clients/go/tools/go.mod; where they
are not, there is nothing to compare with, and it says so. With CI=true that is a failure.
"""

import filecmp
import os
import shutil
import sys
import tempfile
from importlib import resources
from pathlib import Path

from grpc_tools import protoc

ROOT = Path(__file__).resolve().parent.parent
PROTO = ROOT / "proto"
TARGET = ROOT / "clients" / "go"
MODULE = "github.com/applemusic-grpc/applemusic-grpc/clients/go"
# Go embeds files of its own module alone, so the retry policy of all languages is copied.
SERVICE_CONFIG = Path("applemusic") / "service_config.json"
PACKAGE = Path("applemusic") / "v1"
PLUGINS = ("protoc-gen-go", "protoc-gen-go-grpc")


def generate(target: Path) -> None:
    """Write messages, stubs and the service config below a folder that is to be the module."""
    bin_directory = Path(sys.executable).parent
    well_known = resources.files("grpc_tools") / "_proto"
    target.joinpath(PACKAGE).mkdir(parents=True, exist_ok=True)
    status = protoc.main(
        [
            "protoc",
            *(f"--plugin={name}={bin_directory / name}" for name in PLUGINS),
            f"--proto_path={PROTO}",
            f"--proto_path={well_known}",
            *(f"--go{kind}_out={target}" for kind in ("", "-grpc")),
            *(f"--go{kind}_opt=module={MODULE}" for kind in ("", "-grpc")),
            *sorted(path.relative_to(PROTO).as_posix() for path in PROTO.rglob("*.proto")),
        ]
    )
    if status != 0:
        raise SystemExit(status)
    shutil.copyfile(PROTO / "service_config.json", target / SERVICE_CONFIG)


def stale_files(fresh: Path) -> list[str]:
    """Names of files that differ between a fresh generation and what is committed."""
    names = {path.name for side in (fresh, TARGET) for path in (side / PACKAGE).glob("*.go")}
    _, mismatch, errors = filecmp.cmpfiles(
        fresh / PACKAGE, TARGET / PACKAGE, sorted(names), shallow=False
    )
    if not filecmp.cmp(fresh / SERVICE_CONFIG, TARGET / SERVICE_CONFIG, shallow=False):
        mismatch.append(SERVICE_CONFIG.name)
    return sorted(mismatch + errors)


def main() -> None:
    """Generate in place, or compare with `--check`."""
    bin_directory = Path(sys.executable).parent
    if not all((bin_directory / name).exists() for name in PLUGINS):
        message = "protoc's plugins for Go are not here (`make setup` builds them where Go is)"
        if os.environ.get("CI") == "true":
            raise SystemExit(message)
        print(f"skipped: {message}", file=sys.stderr)
        return
    if "--check" not in sys.argv[1:]:
        generate(TARGET)
        return
    with tempfile.TemporaryDirectory() as directory:
        generate(Path(directory))
        stale = stale_files(Path(directory))
    if stale:
        raise SystemExit(f"the Go client is not up to date, run `make gen`: {', '.join(stale)}")
    print("the Go client's generated code is up to date")


if __name__ == "__main__":
    main()
