"""A project of somebody who uses the TypeScript client: its sources compiled against the client."""

import json
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.support.docs_pages import ROOT

PACKAGE = ROOT / "clients" / "typescript"
_COMPILER = PACKAGE / "node_modules" / ".bin" / "tsc"


def compiled(project: Path, sources: Iterable[Path]) -> Path:
    """Compile sources that import `applemusic-grpc` as anybody would; return where the result is.

    The client is compiled for it anew, beside other tests that pack it. Its dependencies are those
    that `make setup` installed. Without Node and them the test is skipped.
    """
    if shutil.which("node") is None or not _COMPILER.exists():
        pytest.skip("the TypeScript client is not installed: `make setup` does it where Node 20 is")
    modules = project / "node_modules"
    client = modules / "applemusic-grpc"
    client.mkdir(parents=True)
    for scope in ("@bufbuild", "@connectrpc", "@types"):
        (modules / scope).symlink_to(PACKAGE / "node_modules" / scope)
    shutil.copy(PACKAGE / "package.json", client)
    tsc("-p", str(PACKAGE / "tsconfig.build.json"), "--outDir", str(client / "dist"))
    (project / "package.json").write_text(json.dumps({"name": "mine", "type": "module"}))
    for source in sources:
        shutil.copy(source, project)
    (project / "tsconfig.json").write_text(
        json.dumps(
            {
                "compilerOptions": {
                    "target": "es2022",
                    "lib": ["es2023", "esnext.disposable"],
                    "module": "nodenext",
                    "types": ["node"],
                    "outDir": "out",
                    "strict": True,
                    "noImplicitReturns": True,
                    "noUncheckedIndexedAccess": True,
                    "noUnusedLocals": True,
                    "noUnusedParameters": True,
                    "skipLibCheck": True,
                },
                "include": ["*.ts"],
            }
        )
    )
    tsc("-p", str(project / "tsconfig.json"))
    return project / "out"


def tsc(*arguments: str) -> None:
    """Run the compiler; what it complains of fails the test."""
    done = subprocess.run(  # noqa: S603 - the compiler that the lock names
        [str(_COMPILER), *arguments], cwd=PACKAGE, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
