"""Rust and Java, from template to an answer; of the others, that their templates work with buf."""

import asyncio
import os
import re
import stat
import sys
from pathlib import Path

import pytest

from tests.support.stage import Stage
from tools.other_languages import JAVA, RUST, TEMPLATES, Language, build

ROOT = Path(__file__).parents[2]
BUF = Path(sys.prefix) / "bin" / "buf"

# `make setup` has built them; on a machine where it has not, all is compiled here.
pytestmark = pytest.mark.timeout(600)

# Stands for a plugin, or for protoc, which is given its files: says who it is, and makes nothing.
STAND_IN = """#!{python}
import pathlib, sys
if "--version" in sys.argv:
    raise SystemExit(print("libprotoc 36.2"))
arguments = " ".join(sys.argv[1:]) or sys.stdin.buffer.read().decode(errors="replace")
name = pathlib.Path(sys.argv[0]).name
with pathlib.Path({calls!r}).open("a") as calls:
    print(name, "audio_service.proto" in arguments, file=calls)
if name != "protoc":
    sys.stdout.buffer.write(b"\\x10\\x01")  # it knows `optional` of proto3
"""


@pytest.mark.parametrize("language", [RUST, JAVA], ids=lambda each: each.name)
async def test_generated_compiled_called(language: Language, stage: Stage) -> None:
    if missing := language.missing():
        pytest.skip(f"may be missing: {' and '.join(missing)} is not here")
    command = await build(language)
    process = await asyncio.create_subprocess_exec(
        *command, stage.music.target, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    printed, complained = await process.communicate()
    said = printed.decode().splitlines()
    assert process.returncode == 0, complained.decode()
    assert re.fullmatch(r"server \d+\.\d+\.\d+\S*", said[0])
    assert len([line for line in said if re.fullmatch(r"song Interlude \w+ by .+", line)]) == 3
    assert re.fullmatch(r"error (NOT_FOUND|NotFound): .+", said[-1])
    assert len(said) == 5


@pytest.mark.parametrize(
    ("template", "plugins"),
    [
        ("kotlin", {"protoc", "protoc-gen-grpc-java", "protoc-gen-grpc-kotlin"}),
        ("csharp", {"protoc", "grpc_csharp_plugin"}),
        ("swift", {"protoc-gen-swift", "protoc-gen-grpc-swift-2"}),
    ],
)
async def test_templates_ask_their_plugins(
    template: str, plugins: set[str], tmp_path: Path
) -> None:
    """buf takes the template, and calls what its first lines say with the whole contract."""
    calls = tmp_path / "calls"
    for name in plugins:
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(STAND_IN.format(python=sys.executable, calls=str(calls)))
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    file = TEMPLATES / f"buf.gen.{template}.yaml"
    process = await asyncio.create_subprocess_exec(
        *(str(BUF), "generate", "--template", str(file), "--output", str(tmp_path / "out")),
        cwd=ROOT,
        env={**os.environ, "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    assert set(calls.read_text().splitlines()) == {f"{name} True" for name in plugins}


def test_every_template_is_tried() -> None:
    found = {path.name.split(".")[2] for path in TEMPLATES.glob("buf.gen.*.yaml")}
    assert found == {"rust", "java", "kotlin", "csharp", "swift"}
    page = (ROOT / "docs" / "languages.md").read_text("utf-8")
    for name in found:
        assert f"(../clients/templates/buf.gen.{name}.yaml)" in page
