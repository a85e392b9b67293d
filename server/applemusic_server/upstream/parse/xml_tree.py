"""Reads XML of strangers into a small tree, with caps and without any of XML's dangers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat  # the dangers are refused below, one by one

MOST_BYTES = 2 * 1024 * 1024
MOST_DEPTH = 64
MOST_NODES = 100_000
_SEPARATOR = "\x1f"
# Before expat sees it: entities are declared in a DOCTYPE, and lyrics need none.
_DOCTYPE = re.compile(r"<!\s*DOCTYPE", re.IGNORECASE)


class XmlRefusedError(ValueError):
    """The text is not XML or more than may be; the message quotes nothing of it."""


@dataclass(slots=True)
class Node:
    """An element.

    Attributes:
        name: Without its namespace.
        attributes: By name without namespace; of two names that are then the same the first counts.
        text: Before the first child.
        tail: Behind the element, inside its parent.
    """

    name: str
    attributes: dict[str, str]
    children: list["Node"] = field(default_factory=list)
    text: str = ""
    tail: str = ""

    def all(self, name: str) -> Iterator["Node"]:
        """Yield every element of this name below this one, in order."""
        for child in self.children:
            if child.name == name:
                yield child
            yield from child.all(name)

    def words(self) -> str:
        """Return all text inside, of elements below too."""
        return self.text + "".join(child.words() + child.tail for child in self.children)


def parse_xml(text: str) -> Node:
    """Build the tree of an XML text.

    Raises:
        XmlRefusedError: Not well formed, a DOCTYPE or an entity is declared, or larger than 2 MiB,
            deeper than 64 or of more elements than 100,000.
    """
    data = text.encode("utf-8", "surrogatepass")
    if len(data) > MOST_BYTES:
        raise XmlRefusedError(f"it is larger than {MOST_BYTES} bytes")
    if _DOCTYPE.search(text):
        raise XmlRefusedError("it declares a document type")
    builder = _Builder()
    # The text is decoded already; an encoding that it declares must not decode it anew.
    parser = expat.ParserCreate("utf-8", _SEPARATOR)
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.words
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    parser.ExternalEntityRefHandler = _refuse
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    try:
        parser.Parse(data, True)  # noqa: FBT003  # takes no keywords
    except expat.ExpatError:
        raise XmlRefusedError("it is not XML") from None
    return builder.root


class _Builder:
    def __init__(self) -> None:
        self._open: list[Node] = [Node("", {})]
        self._count = 0

    @property
    def root(self) -> Node:
        return self._open[0].children[0]

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > MOST_NODES:
            raise XmlRefusedError(f"it has more than {MOST_NODES} elements")
        if len(self._open) > MOST_DEPTH:
            raise XmlRefusedError(f"it is deeper than {MOST_DEPTH}")
        plain: dict[str, str] = {}
        for key, value in attributes.items():
            plain.setdefault(_local(key), value)
        node = Node(_local(name), plain)
        self._open[-1].children.append(node)
        self._open.append(node)

    def end(self, _: str) -> None:
        self._open.pop()

    def words(self, text: str) -> None:
        parent = self._open[-1]
        if parent.children:
            parent.children[-1].tail += text
        else:
            parent.text += text


def _local(name: str) -> str:
    return name.rpartition(_SEPARATOR)[2]


def _refuse(*_: object) -> int:
    raise XmlRefusedError("it declares a document type or an entity")
