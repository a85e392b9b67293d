"""The use cases of signing in on a real database, with clocks and chance of the test's own."""

import itertools
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

from applemusic_server.application.accounts import Accounts
from applemusic_server.application.attempts import AttemptLimit, Rate
from applemusic_server.application.sign_in_visits import SignInVisits
from applemusic_server.application.sign_ins import BegunSignIn, SignInBell, SignInPlaces, SignIns
from applemusic_server.domain.access import PermittedAccounts
from applemusic_server.domain.errors import AppleMusicError
from applemusic_server.domain.gateways import DeveloperToken
from applemusic_server.domain.secret import Secret
from applemusic_server.domain.sign_in import SignInStore
from applemusic_server.domain.sign_in_observer import SignInOutcome
from tests.support.apple_server import USER_CANARY, FakeTime, FixedToken
from tests.support.application import Listeners, MemoryStore

GOOD = Secret(USER_CANARY)


@dataclass
class Counts:
    """Counts what happened."""

    found: Counter[SignInOutcome] = field(default_factory=Counter)

    def counted(self, outcome: SignInOutcome) -> None:
        self.found[outcome] += 1


class SignInSetting:
    """Everything that a sign-in touches.

    Attributes:
        problem: What is wrong with the developer token.
    """

    problem: AppleMusicError | None = None

    def __init__(self, store: SignInStore) -> None:
        self.store, self.time = store, FakeTime()
        self.kept, self.listeners, self.counts = MemoryStore(), Listeners(), Counts()
        tokens = FixedToken()

        async def developer_token(account_id: str) -> DeveloperToken:
            del account_id
            if self.problem is not None:
                raise self.problem
            return tokens.current()

        self.permitted = PermittedAccounts()
        self.accounts = Accounts(
            self.kept, self.listeners, tokens, clock=self.time.utc, permitted=self.permitted
        )
        bell, numbers = SignInBell(), itertools.count()
        self.sign_ins = SignIns(
            store,
            self.accounts,
            developer_token=developer_token,
            places=lambda: SignInPlaces("http://here/sign-in", "http://here/link"),
            bell=bell,
            observer=self.counts,
            now=self.time.utc,
            new_secret=lambda: f"secret-{next(numbers)}-{'x' * 30}",
            choose=lambda alphabet: alphabet[next(numbers) * 7 % len(alphabet)],
            life=timedelta(minutes=10),
            look_every=0.01,
            permitted=self.permitted,
        )
        self.visits = SignInVisits(
            store,
            self.accounts,
            developer_token=developer_token,
            bell=bell,
            observer=self.counts,
            codes=AttemptLimit(Rate(5, 10), Rate(8, 1), self.time.monotonic),
            tokens=AttemptLimit(Rate(3, 10), Rate(100, 1), self.time.monotonic),
            now=self.time.utc,
        )

    async def opened(self, account: str = "anna", browser: str = "b") -> BegunSignIn:
        """Begin a sign-in and open it in a browser."""
        begun = await self.sign_ins.begin(account, "")
        await self.visits.open(ticket_of(begun), Secret(""), Secret(browser))
        return begun


def ticket_of(begun: BegunSignIn) -> Secret:
    """What the link carries."""
    return Secret(begun.url.reveal().partition("#")[2])
