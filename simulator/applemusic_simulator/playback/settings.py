"""How playback is served right now; set through the control API or by a test."""

from dataclasses import dataclass, field
from typing import Any

from applemusic_simulator.media.playlist import LAYOUTS
from applemusic_simulator.media.variant import DEFAULT, Variant


@dataclass(slots=True)
class PlaybackSettings:
    """What the next webPlayback answer will point at.

    Attributes:
        variant: Which kind of file.
        layout: Which wording of the playlist, a name of `LAYOUTS`.
        renew_after: Seconds after which a licence is to be renewed, as its answer says; 0 is never.
    """

    variant: Variant = field(default=DEFAULT)
    layout: str = "default"
    renew_after: int = 0

    def describe(self) -> dict[str, Any]:
        """JSON-ready values, the choices included."""
        return {
            "variant": self.variant.name,
            "layout": self.layout,
            "layouts": list(LAYOUTS),
            "renew_after": self.renew_after,
        }

    def change(self, variant: str | None = None, layout: str | None = None) -> None:
        """Take new values; None keeps the old one.

        Raises:
            ValueError: A value is not known; nothing is changed then.
        """
        if layout is not None and layout not in LAYOUTS:
            raise ValueError(f"layout is one of {', '.join(LAYOUTS)}")
        if variant is not None:
            self.variant = Variant.parse(variant)
        if layout is not None:
            self.layout = layout

    def reset(self) -> None:
        """Return to the assumed behaviour of Apple."""
        self.variant = DEFAULT
        self.layout = "default"
        self.renew_after = 0
