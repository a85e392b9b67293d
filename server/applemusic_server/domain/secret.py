"""A value that must not be seen by accident."""

import hmac
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Secret:
    """Holds a token; printing, formatting or logging it shows nothing.

    Call `reveal` at the one place where the value goes onto the wire. Two are compared in a time
    that does not tell how much of them is the same.
    """

    _value: str

    def reveal(self) -> str:
        """Return the value itself."""
        return self._value

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(_bytes(self), _bytes(other))

    def __hash__(self) -> int:
        return hash(self._value)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__


def _bytes(secret: Secret) -> bytes:
    return secret.reveal().encode(errors="surrogatepass")
