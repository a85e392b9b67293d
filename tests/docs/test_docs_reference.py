"""The API reference tells everything of the contract, and its links lead somewhere."""

import re
import shutil
from pathlib import Path

import pytest
from google.protobuf.descriptor import EnumDescriptor, FileDescriptor

from applemusic.v1 import error_reason_pb2, media_pb2, options_pb2
from applemusic_server.wire.contract import methods
from tests.support.docs_pages import ROOT, pages
from tests.support.html_pages import HtmlPage, broken, pages_below
from tools.reference import __main__ as command
from tools.reference.contract import first_sentence
from tools.reference.examples import Examples
from tools.reference.html import HtmlWriter
from tools.reference.linker import Target
from tools.reference.slug import slug
from tools.reference.source import Source

_LINK = re.compile(r"\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^()\s]+)\)")
_FENCE = re.compile(r"^( *)```.*?^\1```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_LANGUAGES = {"Python", "TypeScript", "Go", "grpcurl"}


@pytest.fixture(scope="module")
def source() -> Source:
    return Source.read(ROOT)


@pytest.fixture(scope="module")
def site(source: Source, tmp_path_factory: pytest.TempPathFactory) -> dict[Path, HtmlPage]:
    folder = tmp_path_factory.mktemp("docs").resolve()
    HtmlWriter(source, folder).write()
    return pages_below(folder)


def files() -> list[FileDescriptor]:
    """The files of the contract, as the generated code has them."""
    of_services = {each.containing_service.file for each in methods()}
    shared = [error_reason_pb2.DESCRIPTOR, media_pb2.DESCRIPTOR, options_pb2.DESCRIPTOR]
    return sorted([*of_services, *shared], key=lambda each: each.name)


def api(site: dict[Path, HtmlPage], file: FileDescriptor) -> HtmlPage:
    name = Path(file.name).stem.removesuffix("_service")
    wanted = name if file.services_by_name else "types"
    return next(page for path, page in site.items() if path.parts[-2:] == ("api", f"{wanted}.html"))


@pytest.mark.parametrize("file", files(), ids=lambda each: Path(each.name).stem)
def test_everything_of_the_contract_can_be_entered(
    file: FileDescriptor, site: dict[Path, HtmlPage]
) -> None:
    page = api(site, file)
    wanted = [*file.services_by_name, *file.message_types_by_name, *file.enum_types_by_name]
    for service in file.services_by_name.values():
        wanted += [method.name for method in service.methods]
    for message in file.message_types_by_name.values():
        wanted += [f"{message.name}.{field.name}" for field in message.fields]
    for enum in file.enum_types_by_name.values():
        wanted += [f"{enum.name}.{value.name}" for value in enum.values]
    assert sorted(set(wanted) - set(page.anchors)) == []


def test_every_rpc_has_an_example_in_every_language(source: Source) -> None:
    for method in methods():
        rpc = f"{method.containing_service.name}/{method.name}"
        examples = source.examples.of(rpc)
        assert {each.language for each in examples} == _LANGUAGES
        (line,) = (each.text for each in examples if each.language == "grpcurl")
        assert line.startswith("grpcurl "), line
        assert f"applemusic.v1.{rpc}" in line


def test_what_has_no_example_is_not_passed_over() -> None:
    examples = Examples(ROOT)
    rpcs = {f"{each.containing_service.name}/{each.name}" for each in methods()}
    with pytest.raises(SystemExit, match="no example in Python of: RadioService/Skip"):
        examples.check(rpcs | {"RadioService/Skip"})
    with pytest.raises(SystemExit, match="examples in Python of no RPC: RadioService/NextTracks"):
        examples.check(rpcs - {"RadioService/NextTracks"})


def test_every_reason_has_its_row(source: Source, site: dict[Path, HtmlPage]) -> None:
    enum: EnumDescriptor = error_reason_pb2.DESCRIPTOR.enum_types_by_name["ErrorReason"]
    reasons = {value.name.removeprefix("ERROR_REASON_") for value in enum.values[1:]}
    errors = next(page for path, page in site.items() if path.name == "errors.html")
    assert source.names.reasons.keys() == reasons
    assert reasons <= set(errors.anchors)


def test_every_link_leads_somewhere(site: dict[Path, HtmlPage]) -> None:
    wrong = [
        f"{page.path.name}: {link}"
        for page in site.values()
        for link in (*page.links, *page.loaded)
        if not re.match(r"https?://|data:,$", link) and broken(link, page, site)
    ]
    assert wrong == []
    assert sum(len(page.links) for page in site.values()) > 5000


def test_anchors_are_unique(site: dict[Path, HtmlPage]) -> None:
    for page in site.values():
        assert len(page.anchors) == len(set(page.anchors)), page.path


def test_nothing_comes_from_the_network(site: dict[Path, HtmlPage]) -> None:
    """Pages load nothing from it; the reference does not even link to it, guides may."""
    for page in site.values():
        assert [each for each in page.loaded if re.match(r"\w+:(?!,)|//", each)] == [], page.path
        if page.path.parent.name == "api":
            assert [each for each in page.links if re.match(r"\w+:|//", each)] == [], page.path
    style = (ROOT / "tools" / "reference" / "static" / "style.css").read_text("utf-8")
    assert re.search(r"url\(|@import", style) is None


def test_links_of_markdown_lead_to_headings() -> None:
    """Also the anchors, which a forge does not complain about."""
    headings: dict[Path, set[str]] = {}
    wrong = []
    for page in [*pages(), *(ROOT / "docs" / "api").glob("*.md"), ROOT / "examples" / "README.md"]:
        for link in _LINK.findall(without_code(page)):
            path, _, anchor = link.partition("#")
            target = (page.parent / path).resolve() if path else page.resolve()
            if re.match(r"\w+:", link) or (not anchor and target.exists()):
                continue
            if target.suffix == ".md" and target.exists() and target not in headings:
                headings[target] = anchors_of(target)
            if anchor not in headings.get(target, set()):
                wrong.append(f"{page.relative_to(ROOT)}: {link}")
    assert wrong == []


def without_code(page: Path) -> str:
    return re.sub(r"(?<!\[)`[^`\n]*`(?!\])", "", _FENCE.sub("", page.read_text("utf-8")))


def anchors_of(page: Path) -> set[str]:
    found: dict[str, int] = {}
    anchors = set()
    for heading in _HEADING.findall(_FENCE.sub("", page.read_text("utf-8"))):
        name = slug(heading)
        anchors.add(f"{name}-{found[name]}" if name in found else name)
        found[name] = found.get(name, 0) + 1
    return anchors


def test_the_command_of_make_docs(tmp_path: Path) -> None:
    command.main(["--html", str(tmp_path / "docs")])
    assert (tmp_path / "docs" / "index.html").is_file()
    assert (tmp_path / "docs" / "images" / "stream.svg").is_file()
    protoset = tmp_path / "docs" / "files" / "proto" / "applemusic.v1.binpb"
    assert protoset.read_bytes() == (ROOT / "proto" / "applemusic.v1.binpb").read_bytes()


def test_the_pages_that_are_kept_are_those_that_would_be_made(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert command.stale_pages(source) == []
    copy = tmp_path / "api"
    shutil.copytree(command.MARKDOWN, copy)
    monkeypatch.setattr(command, "MARKDOWN", copy)
    (copy / "radio.md").write_text("# Something else\n")
    (copy / "gone.md").write_text("# Of a service that is no more\n")
    assert command.stale_pages(source) == ["gone.md", "radio.md"]
    command.write_markdown(source)
    assert command.stale_pages(source) == []


class Shown:
    """Addresses that can be read in a test."""

    def address(self, target: Target) -> str:
        return ":".join(
            part for part in (target.page or "errors", target.name, target.part) if part
        )


@pytest.mark.parametrize(
    ("comment", "linked"),
    [
        ("See ListAccounts.", "See [ListAccounts](auth:ListAccounts)."),
        ("Like `Song`, a Song.", "Like [`Song`](types:Song), a Song."),
        ("`AudioHeader.etag`", "[`AudioHeader.etag`](audio:AudioHeader:etag)"),
        (
            "SYNC_TOKEN_INVALID or `VIEW_FULL`",
            (
                "[SYNC_TOKEN_INVALID](errors:resources:SYNC_TOKEN_INVALID) or "
                "[`VIEW_FULL`](types:View:VIEW_FULL)"
            ),
        ),
        ("an UPSTREAM reason", "an [UPSTREAM](errors:apple) reason"),
        ("Says:\n\n    -> AudioStream {}\n\nThen.", "Says:\n\n    -> AudioStream {}\n\nThen."),
        (
            "NOT_A_NAME, http://ListAccounts, NextTracks",
            "NOT_A_NAME, http://ListAccounts, NextTracks",
        ),
    ],
)
def test_names_in_comments_are_links(comment: str, linked: str, source: Source) -> None:
    assert source.names.linked(comment, Shown(), here="NextTracks") == linked


def test_reasons_of_an_rpc_are_those_that_its_comments_name(source: Source) -> None:
    (sync,) = (rpc for rpc in source.contract.rpcs if rpc.name == "SyncLibrary")
    reasons, groups = source.failures(sync)
    assert {"SYNC_TOKEN_INVALID", "ACCOUNT_REQUIRED"} <= {each.name for each in reasons}
    assert groups == ["DEVELOPER_TOKEN", "UPSTREAM"]
    (tracks,) = (rpc for rpc in source.contract.rpcs if rpc.name == "NextTracks")
    reasons, _ = source.failures(tracks)  # it says: as described at LibraryService
    assert {"STATION_WITHOUT_TRACKS", "MUSIC_USER_TOKEN_REJECTED"} <= {
        each.name for each in reasons
    }


def test_a_summary_is_the_first_sentence() -> None:
    assert first_sentence("One\nline. Another one.\n\nMore.") == "One line."
    assert first_sentence("No end") == "No end"
