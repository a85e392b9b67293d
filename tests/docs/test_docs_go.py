"""Every Go program of the documentation runs as it stands there, with the Go client."""

import json
import shutil
import subprocess
import textwrap
from pathlib import Path

import pytest

from tests.docs.conftest import Served, environment
from tests.support.docs_pages import ROOT, Block, blocks

# The client is compiled once, which takes a fresh machine a minute.
pytestmark = pytest.mark.timeout(240)

_PAGES = {"docs/go.md", "clients/go/README.md"}
_MODULE = ROOT / "clients" / "go"
_CLIENT = "github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic"


def whole(text: str, served: Served) -> str:
    """A program that runs the text: itself, or a fragment with what its page has at hand."""
    if text.startswith("package main"):
        return text
    return (
        "package main\n"
        'import ("context"; "errors"; "fmt"; "io"; "log"; "os"\n'
        f'"{_CLIENT}"; pb "{_CLIENT}/v1")\n'
        "var _, _, _, _, _ = errors.Is, fmt.Println, io.Copy, log.Fatal, os.Getenv\n"
        "var _ pb.Song\n"
        "func main() {\n"
        "    ctx := context.Background()\n"
        f"    music, err := applemusic.New({json.dumps(served.grpc)})\n"
        "    if err != nil { log.Fatal(err) }\n"
        "    fragment(ctx, music)\n"
        "}\n"
        "func fragment(ctx context.Context, music *applemusic.Client) {\n"
        f"{textwrap.indent(text, '    ')}\n"
        "}\n"
    )


@pytest.mark.parametrize(
    "block", [block for block in blocks("go") if block.page in _PAGES], ids=str
)
def test_go(block: Block, tmp_path: Path, served: Served) -> None:
    if shutil.which("go") is None:
        pytest.skip("there is no Go here")
    program, overlay = tmp_path / "main.go", tmp_path / "overlay.json"
    program.write_text(served.in_place_of_the_usual(whole(block.text, served)), encoding="utf-8")
    # A package of the client's module that is not in its folder.
    place = str(_MODULE / "internal" / "documented" / "main.go")
    overlay.write_text(json.dumps({"Replace": {place: str(program)}}))
    done = subprocess.run(
        ["go", "run", "-overlay", str(overlay), "./internal/documented"],
        cwd=_MODULE,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout
