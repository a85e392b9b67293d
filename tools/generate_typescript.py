"""Generate the TypeScript code of the contract, or check that it is up to date.

Messages, enums and service descriptors come from protoc-gen-es, whose version the client's
package-lock.json pins; google.rpc's error details are generated with them, because no npm package
carries them. The retry policy becomes a module, so that no JSON has to be found at run time.
"""

import filecmp
import json
import os
import sys
import tempfile
from importlib import resources
from pathlib import Path
from typing import Final

from google.rpc import error_details_pb2
from grpc_tools import protoc

ROOT: Final = Path(__file__).resolve().parent.parent
PROTO: Final = ROOT / "proto"
CLIENT: Final = ROOT / "clients" / "typescript"
TARGET: Final = CLIENT / "src" / "gen"
PLUGIN: Final = CLIENT / "node_modules" / ".bin" / "protoc-gen-es"
ERROR_DETAILS: Final = "google/rpc/error_details.proto"
HEAD: Final = "// Generated. Do not edit: `make gen` writes it.\n"


def generate(target: Path) -> None:
    """Write everything that is generated below `target`."""
    target.mkdir(parents=True, exist_ok=True)
    well_known = resources.files("grpc_tools") / "_proto"
    google_rpc = Path(error_details_pb2.__file__).parents[2]  # its .proto lies beside it
    sources = sorted(path.relative_to(PROTO).as_posix() for path in PROTO.rglob("*.proto"))
    status = protoc.main(
        [
            "protoc",
            f"--plugin=protoc-gen-es={PLUGIN}",
            f"--proto_path={PROTO}",
            f"--proto_path={google_rpc}",
            f"--proto_path={well_known}",
            f"--es_out={target}",
            "--es_opt=target=ts,import_extension=js",
            *sources,
            ERROR_DETAILS,
        ]
    )
    if status != 0:
        raise SystemExit(status)
    modules = [source.removesuffix(".proto") + "_pb" for source in sources]
    lines = [f'export * from "./{module}.js";\n' for module in modules]
    (target / "v1.ts").write_text(HEAD + "".join(lines))
    policy = json.loads((PROTO / "service_config.json").read_text("utf-8"))
    (target / "service_config.ts").write_text(
        f"{HEAD}export const SERVICE_CONFIG = {json.dumps(policy, indent=2)} as const;\n"
    )


def stale_files(fresh: Path) -> list[str]:
    """Names of files that differ between a fresh generation and what is committed."""
    names = {
        path.relative_to(side).as_posix()
        for side in (fresh, TARGET)
        for path in side.rglob("*")
        if path.is_file()
    }
    _, mismatch, errors = filecmp.cmpfiles(fresh, TARGET, sorted(names), shallow=False)
    return sorted(mismatch + errors)


def main() -> None:
    """Generate in place, or compare with `--check`."""
    if not PLUGIN.exists():
        told = f"{PLUGIN.relative_to(ROOT)} is not there: `make setup` installs it where npm is"
        if os.environ.get("CI") == "true":
            raise SystemExit(told)
        print(f"TypeScript code skipped: {told}", file=sys.stderr)
        return
    if "--check" not in sys.argv[1:]:
        generate(TARGET)
        return
    with tempfile.TemporaryDirectory() as directory:
        generate(Path(directory))
        stale = stale_files(Path(directory))
    if stale:
        raise SystemExit(f"TypeScript code is not up to date, run `make gen`: {', '.join(stale)}")
    print("generated TypeScript code is up to date")


if __name__ == "__main__":
    main()
