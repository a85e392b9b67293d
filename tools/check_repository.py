"""Rules about the repository itself that no other tool checks.

Locks carry no address, tracked text names no path of a machine, source files stay short, every
Markdown link to a file leads to one, and all clients retry by the same file.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MAX_LINES = 600  # about 400 is the aim; beyond 600 a file holds two nouns
SERVICE_CONFIG = ROOT / "proto" / "service_config.json"
GENERATED = ("clients/python/applemusic/v1/", "clients/typescript/src/gen/")
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:home|root|Users|work)/[\w.-]+")


def tracked(*patterns: str) -> list[Path]:
    """Files that git tracks or would track."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return [ROOT / line for line in listing.splitlines() if (ROOT / line).is_file()]


def relative(path: Path) -> str:
    """The path as it is shown."""
    return path.relative_to(ROOT).as_posix()


def addresses_in_locks() -> Iterator[str]:
    """Lock files that name where packages come from."""
    for path in tracked("*.lock", "*lock.json"):
        if re.search(r"https?://", path.read_text()):
            yield f"{relative(path)}: names an address; write it with `make lock`"


def machine_paths() -> Iterator[str]:
    """Text files that name a path of somebody's machine."""
    for path in tracked(
        "*.py", "*.ts", "*.md", "*.toml", "*.json", "*.proto", "*.yaml", "*.sh", "Makefile"
    ):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if path != Path(__file__) and MACHINE_PATH.search(line):
                yield f"{relative(path)}:{number}: names a path of a machine"


def long_files() -> Iterator[str]:
    """Source files that hold more than one noun, most likely."""
    for path in tracked("*.py", "*.ts"):
        if relative(path).startswith(GENERATED):
            continue
        lines = len(path.read_text().splitlines())
        if lines > MAX_LINES:
            yield f"{relative(path)}: {lines} lines, at most {MAX_LINES}"


def broken_links() -> Iterator[str]:
    """Markdown links to files that are not there."""
    for path in tracked("*.md"):
        for target in LINK.findall(path.read_text()):
            if "://" not in target and not (path.parent / target).exists():
                yield f"{relative(path)}: link to {target}, which does not exist"


def other_service_configs() -> Iterator[str]:
    """Copies of the retry policy, in the packages of the clients, that are not copies any more."""
    policy = SERVICE_CONFIG.read_bytes()
    copies = tracked(f"*/{SERVICE_CONFIG.name}")
    for path in copies:
        if path.read_bytes() != policy:
            yield f"{relative(path)}: differs from {relative(SERVICE_CONFIG)}; `make gen` copies it"
    if copies == [SERVICE_CONFIG]:
        yield f"{relative(SERVICE_CONFIG)}: no client has a copy"


def main() -> None:
    """Print every finding; exit 1 when there is one."""
    findings = [
        *addresses_in_locks(),
        *machine_paths(),
        *long_files(),
        *broken_links(),
        *other_service_configs(),
    ]
    print("\n".join(findings) if findings else "repository rules hold")
    sys.exit(bool(findings))


if __name__ == "__main__":
    main()
