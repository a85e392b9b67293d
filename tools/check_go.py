"""Format, vet and staticcheck the Go client, where Go and its tools are here."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULE = ROOT / "clients" / "go"


def findings(*command: str) -> str:
    """What a command complains of; nothing when it is content.

    gofmt ends well also about files that it would write otherwise: it lists them.
    """
    done = subprocess.run(command, cwd=MODULE, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return done.stdout if command[0] == "gofmt" else ""
    return done.stdout + done.stderr


def main() -> None:
    """Print every finding; exit 1 when there is one."""
    staticcheck = Path(sys.executable).parent / "staticcheck"
    if shutil.which("go") is None or not staticcheck.exists():
        message = "Go or staticcheck is not here (`make setup` builds it where Go is)"
        if os.environ.get("CI") == "true":
            raise SystemExit(message)
        print(f"skipped: {message}", file=sys.stderr)
        return
    checks = (
        ("gofmt", "-l", "."),
        ("go", "vet", "./..."),
        ("go", "mod", "verify"),
        ("go", "mod", "tidy", "-diff"),
        (str(staticcheck), "./..."),
    )
    failed = False
    for command in checks:
        said = findings(*command)
        if said:
            print(f"{' '.join(command)}:\n{said}")
            failed = True
    if failed:
        sys.exit(1)
    print("the Go client is in order")


if __name__ == "__main__":
    main()
