"""What a section of the settings is made of.

A setting is written `key: Annotated[int, Meta(ge=1, le=9, description="...")] = 3`. What bounds
cannot say about one value stands beside them as `Checked(function)`; what concerns several values
of a section stands in its `__post_init__` and raises ValueError.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from msgspec import Meta, Struct

Port = Annotated[int, Meta(ge=0, le=65535)]


class Section(Struct, frozen=True, forbid_unknown_fields=True):
    """What all sections have in common: unknown keys are errors, values cannot change.

    Made in code, a section checks what its `__post_init__` says; types, bounds and `Checked` are
    checked where values come from outside, in `config_values`.
    """

    def __post_init__(self) -> None:
        """Check what concerns several values; sections that have such rules replace this.

        Raises:
            ValueError: Whose message is for the operator, without values that may be secret.
        """


@dataclass(frozen=True, slots=True)
class Checked:
    """Stands in `Annotated` beside `Meta`: a rule for one value.

    Attributes:
        check: Takes the value and returns it, or what it is to be instead. Raises ValueError whose
            message is for the operator, without values that may be secret.
    """

    check: Callable[[Any], Any]
