"""Write the blocking twin of the Python client's methods, or check that it is up to date.

Each module of the client with a service's methods has one below `applemusic/blocking` with the same
names, arguments and docstrings, whose methods wait. One source, so that they cannot part.
"""

import ast
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

ROOT = Path(__file__).resolve().parent.parent
CLIENT = ROOT / "clients" / "python" / "applemusic"
TARGET = CLIENT / "blocking"
MODULES = (
    "audio",
    "auth",
    "catalog",
    "catalog_lookup",
    "favorites",
    "library",
    "library_edit",
    "radio",
    "recommendations",
    "server",
)
Method: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
# What methods return that is not simply waited for.
_STREAM, _PAGER, _BATCHER, _ITERATOR = "AudioStream", "Pager", "Batcher", "AsyncIterator"


def twin(name: str) -> str:
    """Return the source of a module's blocking twin."""
    source = (CLIENT / f"{name}.py").read_text("utf-8")
    module = ast.parse(source)
    classes = [_class(node) for node in module.body if isinstance(node, ast.ClassDef)]
    body = "\n\n".join(classes)
    docstring = ast.get_docstring(module) or ""
    imports = "\n".join(_imports(module, body, name))
    return _formatted(
        f'"""{docstring}\n\nMade of applemusic/{name}.py by `make gen`: do not edit.\n"""\n\n'
        f"{imports}\n\n\n{body}\n"
    )


def _class(node: ast.ClassDef) -> str:
    """Return a class whose methods wait for those of the one that it stands for."""
    bases = [ast.unparse(base) for base in node.bases]
    lines = [f"class {node.name}{f'({bases[0]})' if bases else ''}:"]
    lines += [_docstring(node), ""]
    lines.append(f"    def __init__(self, thread: LoopThread, behind: behind.{node.name}) -> None:")
    if bases:
        lines.append("        super().__init__(thread, behind)")
    lines += ["        self._thread = thread", f"        self.{_attribute(node)} = behind"]
    lines += [_method(each, _attribute(node)) for each in _methods(node)]
    return "\n".join(lines)


def _methods(node: ast.ClassDef) -> Iterator[Method]:
    for each in node.body:
        if isinstance(each, Method) and not each.name.startswith("_"):
            yield each


def _attribute(node: ast.ClassDef) -> str:
    """Return under which name a class keeps what it stands for: a name of its own, as bases do."""
    return "_" + re.sub("(?<=[a-z])(?=[A-Z])", "_", node.name).lower()


def _method(node: Method, behind: str) -> str:
    returns = ast.unparse(node.returns) if node.returns is not None else "None"
    kind = returns.partition("[")[0]
    call = f"self.{behind}.{node.name}({_passed_on(node.args)})"
    called = f"self._thread.call(lambda: {call})"
    if kind == _STREAM:
        result = f"AudioStream(self._thread, {called})"
    elif kind == _PAGER:
        result = f"Pager(self._thread, {called})"
    elif kind == _ITERATOR:
        returns, result = returns.removeprefix("Async"), f"self._thread.iterate({call})"
    elif kind == _BATCHER:
        returns, result = returns.replace(_BATCHER, "Batch", 1), f"self._thread.run({call})"
    elif isinstance(node, ast.AsyncFunctionDef):
        result = f"self._thread.run({call})"
    else:
        raise ValueError(f"{node.name} returns {returns}: say here how to wait for that")
    keep = "" if returns == "None" else "return "
    signature = f"    def {node.name}({ast.unparse(node.args)}) -> {returns}:"
    return f"\n{signature}\n{_docstring(node, 8)}\n        {keep}{result}"


def _docstring(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, indent: int = 4) -> str:
    text = ast.get_docstring(node)
    if text is None:
        raise ValueError(f"{node.name} has no docstring")
    text = text.replace("`async with`", "`with`").replace("`async for`", "`for`")
    closing = "\n" if "\n" in text else ""
    return textwrap.indent(f'"""{text}{closing}"""', " " * indent)


def _passed_on(arguments: ast.arguments) -> str:
    """Return a method's own arguments as it passes them on.

    What is iterated is so in the caller's thread: it may come from the same client.
    """
    passed = [_value(each) for each in arguments.args[1:]]
    passed += [f"{each.arg}={_value(each)}" for each in arguments.kwonlyargs]
    if arguments.kwarg is not None:
        passed.append(f"**{arguments.kwarg.arg}")
    return ", ".join(passed)


def _value(argument: ast.arg) -> str:
    hint = "" if argument.annotation is None else ast.unparse(argument.annotation)
    return f"list({argument.arg})" if hint.startswith("Iterable[") else argument.arg


def _imports(module: ast.Module, body: str, name: str) -> Iterator[str]:
    """Yield what the twin needs of the imports, and its own."""
    used = {node.id for node in ast.walk(ast.parse(body)) if isinstance(node, ast.Name)}
    yield f"from applemusic import {name} as behind"
    yield "from applemusic.blocking.loop_thread import LoopThread"
    if "Iterator" in used:
        yield "from collections.abc import Iterator"
    if "Batch" in used:
        yield "from applemusic.paging import Batch"
    if "Pager" in used:
        yield "from applemusic.blocking.pager import Pager"
    if "AudioStream" in used:
        yield "from applemusic.blocking.audio_stream import AudioStream"
    for alias in sorted(used & set(_aliases(module))):
        yield f"from applemusic.{name} import {alias}"
    for node in module.body:
        if not isinstance(node, ast.ImportFrom):
            continue
        for each in node.names:
            if each.name in used - {"Pager", "AudioStream", "Batch"}:
                blocking = node.module in {f"applemusic.{other}" for other in MODULES}
                source = str(node.module).replace("applemusic.", "applemusic.blocking.", blocking)
                yield f"from {source} import {each.name}"


def _aliases(module: ast.Module) -> Iterator[str]:
    for node in module.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id


def _formatted(source: str) -> str:
    ruff = Path(sys.executable).parent / "ruff"
    for arguments in (("check", "--select", "I", "--fix-only", "--quiet"), ("format",)):
        source = subprocess.run(
            [ruff, *arguments, "--stdin-filename", str(TARGET / "generated.py"), "-"],
            input=source,
            cwd=ROOT,
            capture_output=True,
            check=True,
            text=True,
        ).stdout
    return source


def main() -> None:
    """Write the twins, or compare them with `--check`."""
    stale = []
    for name in MODULES:
        path, text = TARGET / f"{name}.py", twin(name)
        if "--check" not in sys.argv[1:]:
            path.write_text(text, "utf-8")
        elif not path.exists() or path.read_text("utf-8") != text:
            stale.append(path.name)
    if stale:
        raise SystemExit(f"applemusic/blocking is not up to date, run `make gen`: {stale}")


if __name__ == "__main__":
    main()
