"""Examples of RPCs, cut out of files that are compiled and run by a test."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_GO_USUAL = {"context", "fmt", "applemusic", "pb"}
_CLIENTS = {
    "python": """from applemusic import Client

async with Client("127.0.0.1:50051") as music:
    ...""",
    "ts": """import { Client } from "applemusic-grpc";

const music = new Client("127.0.0.1:50051");""",
    "go": """import (
	"github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic"
	pb "github.com/applemusic-grpc/applemusic-grpc/clients/go/applemusic/v1"
)

music, err := applemusic.New("127.0.0.1:50051")""",
    "sh": """grpcurl -plaintext 127.0.0.1:50051 list""",
}
_GRPCURL = re.compile(r"\bgrpcurl .*applemusic\.v1\.(\w+/\w+)")


@dataclass(frozen=True)
class Example:
    """One language's example of one RPC.

    Attributes:
        language: As it is shown.
        lexer: As fences of Markdown and Pygments name it.
        text: The code.
    """

    language: str
    lexer: str
    text: str


class Examples:
    """All examples below a repository's root.

    Raises:
        SystemExit: An example is missing, or there is one of an RPC that is not there.
    """

    def __init__(self, root: Path) -> None:
        self._by_language = {
            ("Python", "python"): dict(_python(root / "examples" / "reference" / "python")),
            ("TypeScript", "ts"): dict(
                _typescript(root / "clients" / "typescript" / "examples" / "reference")
            ),
            ("Go", "go"): dict(_go(root / "clients" / "go" / "examples" / "reference")),
            ("grpcurl", "sh"): _grpcurl(root / "docs" / "grpcurl.md"),
        }

    def of(self, rpc: str) -> list[Example]:
        """Return the examples of an RPC (`Service/Name`), a language each."""
        return [
            Example(language, lexer, found[rpc])
            for (language, lexer), found in self._by_language.items()
        ]

    def clients(self) -> list[Example]:
        """Return how the client of the examples is made, a language each."""
        return [Example(language, lexer, _CLIENTS[lexer]) for language, lexer in self._by_language]

    def check(self, rpcs: set[str]) -> None:
        """Make sure that each RPC has its example in every language, and that there are no others.

        Raises:
            SystemExit: It is not so.
        """
        for (language, _), found in self._by_language.items():
            if missing := sorted(rpcs - found.keys()):
                raise SystemExit(f"no example in {language} of: {', '.join(missing)}")
            if others := sorted(found.keys() - rpcs):
                raise SystemExit(f"examples in {language} of no RPC: {', '.join(others)}")


def _key(file: Path, function: str) -> str:
    """`CatalogService/GetSong` of the function `get_song` or `getSong` in catalog.*."""
    words = "".join(part[:1].upper() + part[1:] for part in function.split("_"))
    return f"{file.stem.capitalize()}Service/{words}"


def _files(folder: Path, pattern: str) -> Iterator[Path]:
    """The files of a folder that hold examples, not what runs them."""
    for path in sorted(folder.glob(pattern)):
        if path.stem not in {"__main__", "main", "examples"}:
            yield path


def _used(name: str, code: str) -> bool:
    return re.search(rf"\b{re.escape(name)}\b", code) is not None


def _python(folder: Path) -> Iterator[tuple[str, str]]:
    for path in _files(folder, "*.py"):
        source = path.read_text("utf-8")
        tree = ast.parse(source)
        imports = [each for each in tree.body if isinstance(each, ast.ImportFrom)]
        for function in tree.body:
            if isinstance(function, ast.AsyncFunctionDef):
                code = ast.get_source_segment(source, function) or ""
                lines = _python_imports(imports, code)
                yield _key(path, function.name), _joined(lines, code)


def _python_imports(imports: list[ast.ImportFrom], code: str) -> Iterator[str]:
    for each in imports:
        if names := [name.name for name in each.names if _used(name.name, code)]:
            yield f"from {each.module} import {', '.join(names)}"


def _typescript(folder: Path) -> Iterator[tuple[str, str]]:
    for path in _files(folder, "*.ts"):
        source = path.read_text("utf-8")
        imports = re.findall(r'^import \{([^}]*)\} from "([^"]+)";$', source, re.MULTILINE)
        functions = r"^export (async function (\w+)\(.*?^\})$"
        for code, name in re.findall(functions, source, re.MULTILINE | re.DOTALL):
            yield _key(path, name), _joined(_typescript_imports(imports, code), code)


def _typescript_imports(imports: list[tuple[str, str]], code: str) -> Iterator[str]:
    for names, module in imports:
        split = [name.strip() for name in names.split(",") if name.strip()]
        if used := [name for name in split if _used(name.removeprefix("type "), code)]:
            yield f'import {{ {", ".join(used)} }} from "{module}";'


def _go(folder: Path) -> Iterator[tuple[str, str]]:
    for path in _files(folder, "*.go"):
        source = path.read_text("utf-8")
        block = re.search(r"^import \((.*?)^\)", source, re.MULTILINE | re.DOTALL)
        imports = re.findall(r'^\t(\w+ )?"([^"]+)"$', block[1] if block else "", re.MULTILINE)
        functions = r"^(func (\w+)\(.*?^\})$"
        for code, name in re.findall(functions, source, re.MULTILINE | re.DOTALL):
            yield _key(path, name), _joined(_go_imports(imports, code), code)


def _go_imports(imports: list[tuple[str, str]], code: str) -> Iterator[str]:
    """Those that not every example has."""
    for alias, module in imports:
        name = alias.strip() or module.rpartition("/")[2]
        if name not in _GO_USUAL and re.search(rf"\b{name}\.", code):
            yield f'import "{module}"'


def _joined(imports: Iterator[str], code: str) -> str:
    lines = "\n".join(imports)
    return f"{lines}\n\n{code}" if lines else code


def _grpcurl(page: Path) -> dict[str, str]:
    """The first line of an RPC below its service's heading."""
    parts = re.split(r"^## (.+)$", page.read_text("utf-8"), flags=re.MULTILINE)
    found: dict[str, str] = {}
    for service, body in zip(parts[1::2], parts[2::2], strict=True):
        for line in body.splitlines():
            match = _GRPCURL.search(line)
            if match and match[1].startswith(f"{service}/"):
                found.setdefault(match[1], _call(line))
    return found


def _call(line: str) -> str:
    """The call of a line, without where its answer goes."""
    line = re.sub(r"^\w+=\$\((.*) \| field \w+\)$", r"\1", line)
    return re.sub(r" > [\w.-]+$", "", line)
