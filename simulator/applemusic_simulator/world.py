"""Everything the simulator knows and that a test may change."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from applemusic_simulator.access import Access
from applemusic_simulator.accounts import Accounts
from applemusic_simulator.clock import SimulatedClock
from applemusic_simulator.conditions import Conditions
from applemusic_simulator.deep_catalogue import with_depth
from applemusic_simulator.developer_tokens import DeveloperTokens, make_team
from applemusic_simulator.library.libraries import Libraries
from applemusic_simulator.library.link import LinkedLibraries, personal_attributes
from applemusic_simulator.model import Catalogue
from applemusic_simulator.playback.broadcast_settings import BroadcastSettings
from applemusic_simulator.playback.renewal_settings import RenewalSettings
from applemusic_simulator.playback.settings import PlaybackSettings
from applemusic_simulator.rate_limit import RateLimit
from applemusic_simulator.request_log import RequestLog
from applemusic_simulator.social.social import Social
from applemusic_simulator.user_tokens import UserTokens


@dataclass(slots=True)
class World:
    """The simulated service.

    Attributes:
        seed: From which the catalogue, the music, keys and tokens follow.
        clock: The simulated time, for tokens and signed URLs.
        monotonic: Real time, for durations.
        libraries: What the accounts own.
        rate_limit: How many API requests a developer team may make.
        access: Checks the tokens of a request.
        renewal: How music user tokens are renewed.
        playback: Which kind of file and playlist songs are served as.
        broadcast: How broadcasts are sent.
        social: What listeners like, hear and are offered.
    """

    seed: int
    catalogue: Catalogue
    clock: SimulatedClock
    monotonic: Callable[[], float]
    conditions: Conditions
    accounts: Accounts
    developer_tokens: DeveloperTokens
    user_tokens: UserTokens
    requests: RequestLog
    libraries: Libraries
    rate_limit: RateLimit
    playback: PlaybackSettings = field(default_factory=PlaybackSettings)
    broadcast: BroadcastSettings = field(default_factory=BroadcastSettings)
    renewal: RenewalSettings = field(default_factory=RenewalSettings)
    access: Access = field(init=False)
    social: Social = field(init=False)

    def __post_init__(self) -> None:
        self.access = Access(self.developer_tokens, self.user_tokens, self.accounts)
        self.social = Social(self.catalogue, self.accounts, self.clock, self.seed)
        self.social.library = LinkedLibraries(self.libraries, self.clock)
        self.libraries.more_attributes = personal_attributes(self.social.opinions, self.accounts)
        self.libraries.more_version = lambda: self.social.opinions.version

    def reset(self) -> None:
        """Back to a healthy service at the real time, with an empty log and all tokens valid."""
        self.clock.reset()
        self.conditions.reset()
        self.accounts.reset()
        self.user_tokens.reset()
        self.libraries.reset()
        self.rate_limit.reset()
        self.playback.reset()
        self.broadcast.reset()
        self.renewal.reset()
        self.social.reset()
        self.requests.clear()


def make_world(
    catalogue: Catalogue,
    seed: int = 1,
    *,
    now: Callable[[], float] = time.time,
    monotonic: Callable[[], float] = time.monotonic,
) -> World:
    """A world with one registered team and the account `demo`."""
    clock = SimulatedClock(now)
    catalogue = with_depth(catalogue)
    developer_tokens = DeveloperTokens(clock)
    developer_tokens.register(make_team(str(seed)))
    return World(
        seed=seed,
        catalogue=catalogue,
        clock=clock,
        monotonic=monotonic,
        conditions=Conditions(seed),
        accounts=Accounts(),
        developer_tokens=developer_tokens,
        user_tokens=UserTokens(clock, seed),
        requests=RequestLog(monotonic),
        libraries=Libraries(catalogue, clock, seed),
        rate_limit=RateLimit(monotonic),
    )
