"""Takes the place of grpcurl and does the same by `buf curl`; for lines that call an RPC."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

_DEADLINE_EXCEEDED = 64 + 4  # as grpcurl says it


def main() -> int:
    """Translate the arguments, run, and end as grpcurl would."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("-plaintext", action="store_true")
    parser.add_argument("-d", dest="data")
    parser.add_argument("-max-time", type=float)
    parser.add_argument("-protoset")
    parser.add_argument("-import-path")
    parser.add_argument("-proto")
    parser.add_argument("-H", action="append", default=[])
    parser.add_argument("address")
    parser.add_argument("method")
    asked = parser.parse_args()
    command = [str(Path(sys.executable).parent / "buf"), "curl", "--protocol", "grpc"]
    command += ["--http2-prior-knowledge"] if asked.plaintext else []
    if asked.data is not None:
        command += ["-d", "@-" if asked.data == "@" else asked.data]
    schema = asked.protoset or ("proto/applemusic.v1.binpb" if asked.proto else "")
    command += ["--schema", schema] if schema else []
    for header in asked.H:
        command += ["-H", header]
    scheme = "http" if asked.plaintext else "https"
    # buf keeps a cache, and wants a folder for it.
    environment = {**os.environ, "BUF_CACHE_DIR": str(Path.cwd() / "buf-cache")}
    try:
        done = subprocess.run(
            [*command, f"{scheme}://{asked.address}/{asked.method}"],
            env=environment,
            timeout=asked.max_time,
            check=False,
        )
    except subprocess.TimeoutExpired:
        sys.stderr.write("Code: DeadlineExceeded\n")
        return _DEADLINE_EXCEEDED
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
