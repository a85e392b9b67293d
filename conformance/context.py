"""What a runner is told about the server, and what a scenario holds while it runs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self


@dataclass(frozen=True)
class Context:
    """The context file: where everything is. README.md describes it.

    Attributes:
        grpc: `host:port` of the server.
        web: Address of its pages.
        simulator: Address of the simulator.
        socket: Path of the server's Unix socket.
        access: Access tokens by the name that scenarios use.
        variables: What every scenario begins with.
    """

    grpc: str
    web: str
    simulator: str
    socket: str
    access: Mapping[str, str] = field(repr=False)
    variables: Mapping[str, Any]

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a context file."""
        return cls(**json.loads(path.read_text()))

    def save(self, path: Path) -> None:
        """Write a context file that only its owner can read: it holds access tokens."""
        path.touch(mode=0o600)
        path.write_text(json.dumps(vars(self)))

    def start_variables(self) -> dict[str, Any]:
        """The variables of a scenario before its first step."""
        return {"web": self.web, "simulator": self.simulator, **self.variables}
