"""All that the reference is made of, read once."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tools.reference.contract import Contract, Rpc, read_contract
from tools.reference.examples import Examples
from tools.reference.linker import Names, failures
from tools.reference.reasons import Reason, read_reasons


@dataclass(frozen=True)
class Source:
    """The contract, its names, the examples and the table of errors of a repository."""

    root: Path
    contract: Contract
    examples: Examples
    names: Names

    @classmethod
    def read(cls, root: Path) -> Self:
        """Read a repository.

        Raises:
            SystemExit: The contract does not compile, or an example is missing.
        """
        contract = read_contract(root / "proto")
        examples = Examples(root)
        examples.check({rpc.key for rpc in contract.rpcs})
        names = Names(contract, read_reasons(root / "docs" / "errors.md"))
        return cls(root, contract, examples, names)

    def failures(self, rpc: Rpc) -> tuple[list[Reason], list[str]]:
        """Return the reasons that an RPC can fail with, as far as it says, and their groups."""
        return failures(rpc, self.contract, self.names)
