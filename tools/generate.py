"""Generate what is made of the contract, or check that it is up to date.

That is the Python code in clients/python, and the descriptor set proto/applemusic.v1.binpb, with
which tools call a server whose reflection is off. The client's package also gets its copy of
proto/service_config.json, which says for all languages what is retried. Uses the pinned
grpcio-tools, whose output imports under protobuf 6 and 7 alike (docs/adr/0002).
"""

import filecmp
import shutil
import sys
import tempfile
from importlib import resources
from pathlib import Path

from grpc_tools import protoc

ROOT = Path(__file__).resolve().parent.parent
PROTO = ROOT / "proto"
TARGET = ROOT / "clients" / "python"
PACKAGE = Path("applemusic") / "v1"
PROTOSET = PROTO / "applemusic.v1.binpb"
SERVICE_CONFIG = PROTO / "service_config.json"


def generate(target: Path, protoset: Path) -> None:
    """Write messages, stubs, their types and the service config below `target`.

    Args:
        target: The folder of the Python code.
        protoset: The file of the descriptor set, imports included and comments left out: it then
            changes only when the contract does.
    """
    (target / PACKAGE).mkdir(parents=True, exist_ok=True)
    well_known = resources.files("grpc_tools") / "_proto"
    bin_directory = Path(sys.executable).parent
    sources = sorted(path.relative_to(PROTO).as_posix() for path in PROTO.rglob("*.proto"))
    status = protoc.main(
        [
            "protoc",
            f"--plugin=protoc-gen-mypy={bin_directory / 'protoc-gen-mypy'}",
            f"--plugin=protoc-gen-mypy_grpc={bin_directory / 'protoc-gen-mypy_grpc'}",
            f"--proto_path={PROTO}",
            f"--proto_path={well_known}",
            f"--python_out={target}",
            f"--grpc_python_out={target}",
            f"--mypy_out=quiet:{target}",
            f"--mypy_grpc_out=quiet:{target}",
            "--include_imports",
            f"--descriptor_set_out={protoset}",
            *sources,
        ]
    )
    if status != 0:
        raise SystemExit(status)
    for empty in (target / PACKAGE).glob("*_pb2_grpc.py*"):
        if not empty.name.removesuffix(".pyi").removesuffix(".py").endswith("service_pb2_grpc"):
            empty.unlink()  # files without a service generate an empty module
    shutil.copyfile(SERVICE_CONFIG, target / PACKAGE / SERVICE_CONFIG.name)
    (target / PACKAGE / "__init__.py").write_text(
        '"""Generated from proto/applemusic/v1. Do not edit: `make gen` writes it."""\n'
    )


def stale_files(fresh: Path, protoset: Path) -> list[str]:
    """Names of files that differ between a fresh generation and what is committed."""
    left, right = fresh / PACKAGE, TARGET / PACKAGE
    names = {path.name for side in (left, right) for path in side.iterdir() if path.is_file()}
    _, mismatch, errors = filecmp.cmpfiles(left, right, sorted(names), shallow=False)
    if not PROTOSET.exists() or PROTOSET.read_bytes() != protoset.read_bytes():
        mismatch.append(PROTOSET.name)
    return sorted(mismatch + errors)


def main() -> None:
    """Generate in place, or compare with `--check`."""
    if "--check" not in sys.argv[1:]:
        generate(TARGET, PROTOSET)
        return
    with tempfile.TemporaryDirectory() as directory:
        protoset = Path(directory) / PROTOSET.name
        generate(Path(directory), protoset)
        stale = stale_files(Path(directory), protoset)
    if stale:
        raise SystemExit(f"generated code is not up to date, run `make gen`: {', '.join(stale)}")
    print("generated code is up to date")


if __name__ == "__main__":
    main()
