"""Links the names in comments: messages, fields, RPCs, enum values and reasons of errors."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from tools.reference.contract import Contract, Enum, Message, Rpc, Service
from tools.reference.reasons import Reason

TYPES = "types"
_CODE = re.compile(r"(`[^`\n]+`)")
# Names that are nothing else, also outside of backticks: AudioStream, VIEW_FULL.
_NAME = re.compile(r"(?<![\w./-])(?:[A-Z][a-z]+(?:[A-Z][a-z]+)+|[A-Z]+(?:_[A-Z0-9]+)+|UPSTREAM)\b")
# What comments call all reasons that begin so.
GROUPS = {"DEVELOPER_TOKEN": "DEVELOPER_TOKEN_MISSING", "UPSTREAM": "UPSTREAM_UNAVAILABLE"}


@dataclass(frozen=True)
class Target:
    """What a name leads to.

    Attributes:
        page: `catalog`, `types` ...; empty for the page of errors.
        name: The heading under which it is found: a service, an RPC, a message, an enum.
        part: The field, value or reason there; empty for all of it.
    """

    page: str
    name: str
    part: str = ""


class Addresses(Protocol):
    """Knows where targets are, in one form of the reference, seen from one page."""

    def address(self, target: Target) -> str:
        """Return the address."""


class Names:
    """All names of a contract and where they lead."""

    def __init__(self, contract: Contract, reasons: dict[str, Reason]) -> None:
        self.reasons = reasons
        self._targets: dict[str, Target] = {}
        for service in contract.services:
            self._targets[service.name] = Target(service.page, service.name)
            self._targets |= dict(_of_service(service))
        self._targets |= dict(_of_types(TYPES, contract.messages, contract.enums))
        for reason in reasons.values():
            self._targets.setdefault(reason.name, Target("", reason.section, reason.name))

    def target(self, name: str) -> Target | None:
        """Return what a name leads to; None when it is none of the contract's."""
        if name in GROUPS:
            first = self.reasons[GROUPS[name]]
            return Target("", first.section)
        return self._targets.get(name)

    def linked(self, markdown: str, addresses: Addresses, *, here: str = "") -> str:
        """Return Markdown with its names as links; blocks of code stay as they are.

        Args:
            markdown: A comment.
            addresses: Where targets are.
            here: What is being described, which is not linked to itself.
        """
        blocks = re.split(r"(\n\n)", markdown)
        return "".join(
            block if block.startswith("    ") else self._linked(block, addresses, here)
            for block in blocks
        )

    def _linked(self, text: str, addresses: Addresses, here: str) -> str:
        def link(name: str, shown: str) -> str:
            target = None if name == here else self.target(name)
            return shown if target is None else f"[{shown}]({addresses.address(target)})"

        parts = _CODE.split(text)
        parts[0::2] = [
            _NAME.sub(lambda found: link(found[0], found[0]), each) for each in parts[::2]
        ]
        parts[1::2] = [link(each.strip("`"), each) for each in parts[1::2]]
        return "".join(parts)

    def mentioned(self, texts: Iterable[str]) -> Iterator[str]:
        """Yield the reasons, and groups of reasons, that texts name: each once, in their order."""
        seen = set()
        for text in texts:
            for name in re.findall(r"\b[A-Z]+(?:_[A-Z]+)*\b", text):
                if name not in seen and (name in GROUPS or name in self.reasons):
                    seen.add(name)
                    yield name


def _of_service(service: Service) -> Iterator[tuple[str, Target]]:
    for rpc in service.rpcs:
        yield rpc.name, Target(service.page, rpc.name)
        yield rpc.key, Target(service.page, rpc.name)
        for message in (rpc.request, rpc.response):
            yield from _of_message(service.page, message)
    yield from _of_types(service.page, service.messages, service.enums)


def _of_types(
    page: str, messages: Iterable[Message], enums: Iterable[Enum]
) -> Iterator[tuple[str, Target]]:
    for message in messages:
        yield from _of_message(page, message)
    for enum in enums:
        yield enum.name, Target(page, enum.name)
        for value in enum.values:
            yield value.name, Target(page, enum.name, value.name)


def _of_message(page: str, message: Message) -> Iterator[tuple[str, Target]]:
    yield message.name, Target(page, message.name)
    for field in message.fields:
        yield f"{message.name}.{field.name}", Target(page, message.name, field.name)


def failures(rpc: Rpc, contract: Contract, names: Names) -> tuple[list[Reason], list[str]]:
    """Return the reasons that an RPC's comments name, and the groups of which any can come.

    Its own comment, those of its request's fields, and what its service says of every RPC.
    """
    fields = (field.comment for field in rpc.request.fields)
    said = _of_every_rpc(rpc.service, contract)
    found = list(names.mentioned((rpc.comment, *fields, said)))
    return (
        [names.reasons[name] for name in found if name in names.reasons],
        [name for name in found if name in GROUPS],
    )


def _of_every_rpc(name: str, contract: Contract) -> str:
    """What a service says of every RPC: its sentence, or the one that it points to."""
    (service,) = (each for each in contract.services if each.name == name)
    found = re.search(r"Every RPC\b[^.]*\.", service.comment)
    if found is None:
        return ""
    other = re.search(r"described at\s+(\w+)", found[0])
    return found[0] if other is None else _of_every_rpc(other[1], contract)
