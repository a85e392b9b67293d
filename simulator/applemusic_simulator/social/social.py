"""All that this half of the simulator remembers, in one place."""

from collections.abc import Callable

from applemusic_simulator.accounts import Accounts
from applemusic_simulator.model import Catalogue
from applemusic_simulator.social.advice import Advice
from applemusic_simulator.social.history import History
from applemusic_simulator.social.library_link import LibraryLink, NoLibrary
from applemusic_simulator.social.mixes import Mixes
from applemusic_simulator.social.opinions import Opinions
from applemusic_simulator.social.permissions import Permissions
from applemusic_simulator.social.radio import Radio
from applemusic_simulator.social.replay import Replay
from applemusic_simulator.social.settings import SocialSettings
from applemusic_simulator.social.stations import Stations


class Social:
    """What listeners like, hear and are offered.

    Args:
        catalogue: What there is.
        accounts: Who there is.
        clock: Seconds since 1970.
        seed: All that is invented follows from it.

    Attributes:
        library: The other half; put a real one in place of the empty one.
    """

    def __init__(
        self, catalogue: Catalogue, accounts: Accounts, clock: Callable[[], float], seed: int
    ) -> None:
        self.library: LibraryLink = NoLibrary()
        self.settings = SocialSettings()
        self.permissions = Permissions()
        self.opinions = Opinions(clock, self.settings, lambda: self.library)
        self.stations = Stations(catalogue, clock, seed)
        self.radio = Radio(catalogue, self.stations, seed)
        self.history = History(catalogue, clock, seed)
        self.mixes = Mixes(catalogue, accounts, clock, seed)
        self.advice = Advice(
            catalogue, self.history, self.mixes, self.stations, clock=clock, seed=seed
        )
        self.replay = Replay(catalogue, self.history, clock, seed)

    def reset(self) -> None:
        """As at the start; the library stays connected."""
        parts = (self.settings, self.permissions, self.opinions, self.stations, self.radio)
        for part in (*parts, self.history, self.advice):
            part.reset()
