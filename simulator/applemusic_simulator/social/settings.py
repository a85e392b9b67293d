"""How this service behaves where Apple differs, or nobody knows."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(slots=True)
class SocialSettings:
    """Set by tests and by `PUT /control/social`.

    Attributes:
        write_delay: Seconds until a rating or a favourite is seen (Apple: 0.5 to 18).
        ratings_are_favorites: A rating of 1 is a favourite and the other way round, as Apple's
            apps show it since hearts became stars; False keeps two lists.
        prefixed_rating_ids: Batches of ratings answer `r.<id>` for catalogue ids (one client saw
            it).
    """

    write_delay: float = 0.0
    ratings_are_favorites: bool = True
    prefixed_rating_ids: bool = False

    def describe(self) -> dict[str, Any]:
        """JSON-ready values."""
        return asdict(self)

    def reset(self) -> None:
        """As at the start."""
        fresh = SocialSettings()
        for name in self.__dataclass_fields__:
            setattr(self, name, getattr(fresh, name))
