"""The base of all enums of the contract."""

from enum import IntEnum
from typing import Self


class WireEnum(IntEnum):
    """An enum of the contract: the members' numbers are those on the wire.

    Every subclass has `UNKNOWN = 0`. A number that this version does not know becomes `UNKNOWN`, so
    that an older client lives with a newer server. `str()` gives the name in lower case.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        return cls(0) if isinstance(value, int) and value != 0 else None

    def __str__(self) -> str:
        return self.name.lower()
