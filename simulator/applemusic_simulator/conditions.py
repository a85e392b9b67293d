"""Latency, bandwidth and faults, set per endpoint while the simulator runs.

An endpoint is named by a short word (`api`, `webPlayback`, `playlist`, `license`, `cdn`, ...); the
word `*` stands for all of them. Handlers ask `Conditions` what to do before they answer.
"""

import random
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong at an endpoint.

    Attributes:
        endpoint: Which endpoint, or `*`.
        kind: What happens; each endpoint documents the kinds it knows. Everywhere: `status`
            (answer `status` with Apple's error body), `html` (the same status with an HTML body),
            `empty` (200 with no body), `reset` (close the connection), `hang` (never answer),
            `cut` (stop in the middle of the body after `after_bytes`).
        status: HTTP status for `status` and `html`.
        code: Apple's own failure code where one applies, e.g. `3076`.
        after_bytes: For faults in mid-body, how many bytes of the body go out before.
        count: How many times it happens before it is used up; None is forever.
        share: Probability of each chance being taken, 0 to 1.
        subject: If set, only requests whose subject (song id, path) contains this are hit.
    """

    endpoint: str
    kind: str
    status: int = 500
    code: str = ""
    after_bytes: int = 0
    count: int | None = 1
    share: float = 1.0
    subject: str = ""


@dataclass(slots=True)
class Conditions:
    """What the network and the service are like right now.

    Attributes:
        deep_pages: Seconds that a page takes longer for every 1000 items before it.
    """

    seed: int = 0
    deep_pages: float = 0.0
    latency: dict[str, float] = field(default_factory=dict)
    bandwidth: dict[str, float] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - repeatable, not secret

    def latency_seconds(self, endpoint: str) -> float:
        """How long to wait before the first byte of an answer."""
        return self.latency.get(endpoint, self.latency.get("*", 0.0))

    def depth_seconds(self, offset: str) -> float:
        """How much longer a page takes that begins at `offset`, the parameter as it came."""
        digits = offset if offset.isascii() and offset.isdecimal() else "0"
        return self.deep_pages * int(digits[:9]) / 1000

    def bytes_per_second(self, endpoint: str) -> float | None:
        """How fast a body may go out; None is as fast as the machine can."""
        return self.bandwidth.get(endpoint, self.bandwidth.get("*"))

    def take(
        self, endpoint: str, subject: str = "", *, kinds: Collection[str] | None = None
    ) -> Fault | None:
        """Return the first fault that applies, and use it up once.

        Args:
            endpoint: Which endpoint is about to answer.
            subject: What it was asked for; a fault with a `subject` hits only if it is in here.
            kinds: Take only faults of these kinds, so that one who cannot act on a fault leaves
                it for the one who can; None takes any.
        """
        for index, fault in enumerate(self.faults):
            if fault.endpoint not in (endpoint, "*") or fault.subject not in subject:
                continue
            if kinds is not None and fault.kind not in kinds:
                continue
            if self._random.random() >= fault.share:
                continue
            if fault.count is not None:
                if fault.count <= 1:
                    del self.faults[index]
                else:
                    self.faults[index] = replace(fault, count=fault.count - 1)
            return fault
        return None

    def reset(self) -> None:
        """Return to a fast network and a healthy service."""
        self.deep_pages = 0.0
        self.latency.clear()
        self.bandwidth.clear()
        self.faults.clear()

    def describe(self) -> Mapping[str, Any]:
        """All settings as JSON-ready values, for the control API."""
        return {
            "deep_pages": self.deep_pages,
            "latency": dict(self.latency),
            "bandwidth": dict(self.bandwidth),
            "faults": [
                {name: getattr(fault, name) for name in Fault.__slots__} for fault in self.faults
            ],
        }
