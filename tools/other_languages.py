"""Build the example of each further language from its template, where its compiler is here.

`python -m tools.other_languages` does it for all, ahead of the tests. Everything lies below
.venv/languages; what has not changed is not compiled again.
"""

import asyncio
import hashlib
import os
import platform
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "clients" / "templates"
CACHE = Path(sys.prefix) / "languages"
_RUST_PLUGINS = ("protoc-gen-prost@0.5.0", "protoc-gen-tonic@0.5.0")
# What cargo compiles serves once: nobody debugs it, nor changes it bit by bit.
_QUICK = {"CARGO_PROFILE_DEV_DEBUG": "false", "CARGO_INCREMENTAL": "0"}
# Maven's names of platforms, by what Python calls them.
_MACHINES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "aarch_64", "arm64": "aarch_64"}
_SYSTEMS = {"Linux": "linux", "Darwin": "osx"}


class BuildError(Exception):
    """A step failed; the message is what it said."""


@dataclass(frozen=True)
class Language:
    """A language with a template. `needs` are the commands without which it is left out."""

    name: str
    needs: tuple[str, ...]

    @property
    def folder(self) -> Path:
        """Where it is built."""
        return CACHE / self.name

    def missing(self) -> list[str]:
        """The commands that are not here."""
        return [command for command in self.needs if shutil.which(command) is None]


RUST = Language("rust", ("cargo", "rustc"))
JAVA = Language("java", ("javac", "java", "mvn"))


async def build(language: Language) -> list[str]:
    """Generate and compile the example of a language; return the command that runs it.

    Raises:
        BuildError: A step failed.
    """
    language.folder.mkdir(parents=True, exist_ok=True)
    return await (_build_rust() if language is RUST else _build_java())


async def _build_rust() -> list[str]:
    plugins = RUST.folder / "plugins"
    target = RUST.folder / "target"
    installed = plugins / "installed"
    if not installed.exists() or installed.read_text() != " ".join(_RUST_PLUGINS):
        # --debug: they are compiled in half the time and have little to do.
        options = ("--quiet", "--locked", "--debug", "--root", str(plugins))
        await _run("cargo", "install", *options, "--target-dir", str(target), *_RUST_PLUGINS)
        installed.write_text(" ".join(_RUST_PLUGINS))
    project = RUST.folder / "project"
    await _generate(RUST, project, plugins / "bin")
    manifest = str(project / "Cargo.toml")
    await _run(
        "cargo", "build", "--quiet", "--manifest-path", manifest, "--target-dir", str(target)
    )
    return [str(target / "debug" / "applemusic-example")]


async def _build_java() -> list[str]:
    project, classes = JAVA.folder / "project", JAVA.folder / "classes"
    tools, jars = project / "target" / "bin", project / "target" / "lib"
    _copy(TEMPLATES / "java", project)
    fetched, wanted = JAVA.folder / "fetched", _digest([project / "pom.xml"])
    if not fetched.exists() or fetched.read_text() != wanted:
        shutil.rmtree(project / "target", ignore_errors=True)
        goals = ("dependency:copy@tools", "dependency:copy-dependencies")
        quiet = ("--batch-mode", "--quiet")
        options = (f"-Dplatform={_platform()}", "-DincludeScope=runtime")
        await _run("mvn", *quiet, *options, *goals, cwd=project)
        for tool in tools.iterdir():
            tool.chmod(0o755)
        fetched.write_text(wanted)
    await _generate(JAVA, project, tools)
    sources = [*(project / "gen").rglob("*.java"), *(project / "src").rglob("*.java")]
    compiled, wanted = JAVA.folder / "compiled", _digest(sources)
    if not compiled.exists() or compiled.read_text() != wanted:
        shutil.rmtree(classes, ignore_errors=True)
        where = ("-d", str(classes), "-cp", f"{jars}/*")
        await _run("javac", "-nowarn", "-proc:none", *where, *map(str, sources))
        compiled.write_text(wanted)
    return ["java", "-cp", f"{classes}{os.pathsep}{jars}/*", "Example"]


def _platform() -> str:
    """This machine, as Maven's artifacts name it.

    Raises:
        BuildError: There are no programs for it.
    """
    try:
        return f"{_SYSTEMS[platform.system()]}-{_MACHINES[platform.machine().lower()]}"
    except KeyError as error:
        raise BuildError(f"grpc-java has no programs for {error}") from error


async def _generate(language: Language, project: Path, plugins: Path) -> None:
    """Generate with the template beside the example's own sources; leave alone what is the same."""
    _copy(TEMPLATES / language.name, project)
    fresh = language.folder / "fresh"
    shutil.rmtree(fresh, ignore_errors=True)
    template = str(TEMPLATES / f"buf.gen.{language.name}.yaml")
    buf = str(Path(sys.prefix) / "bin" / "buf")
    path = f"{plugins}{os.pathsep}{os.environ['PATH']}"
    await _run(buf, "generate", "--template", template, "--output", str(fresh), path=path)
    _copy(fresh / "gen", project / "gen", whole=True)


def _copy(source: Path, target: Path, *, whole: bool = False) -> None:
    """Copy the files that differ, so that compilers see what is new.

    Args:
        source: A folder.
        target: Where its files go.
        whole: Take away what the source does not have.
    """
    names = {path.relative_to(source) for path in source.rglob("*") if path.is_file()}
    for name in names:
        content, place = (source / name).read_bytes(), target / name
        if not place.exists() or place.read_bytes() != content:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
    if whole:
        for path in [path for path in target.rglob("*") if path.is_file()]:
            if path.relative_to(target) not in names:
                path.unlink()


def _digest(files: Sequence[Path]) -> str:
    found = hashlib.sha256()
    for path in sorted(files):
        found.update(path.as_posix().encode() + b"\0" + path.read_bytes())
    return found.hexdigest()


async def _run(*command: str, cwd: Path = ROOT, path: str | None = None) -> None:
    environment = {**os.environ, **_QUICK, "PATH": path or os.environ["PATH"]}
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=cwd,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    if process.returncode != 0:
        raise BuildError(
            f"{' '.join(command)[:200]} failed:\n{said.decode(errors='replace')[-4000:]}"
        )


async def _prepare(language: Language) -> str:
    """Build it ahead of its test, which says what is wrong; return one line about it."""
    if missing := language.missing():
        return f"{language.name}: left out, for {' and '.join(missing)} is not here"
    try:
        await build(language)
    except BuildError as error:
        return f"{language.name}: {error}"
    return f"{language.name}: ready"


async def main() -> None:
    """Build all that can be built, beside each other."""
    for line in await asyncio.gather(*map(_prepare, (RUST, JAVA))):
        print(line)


if __name__ == "__main__":
    asyncio.run(main())
