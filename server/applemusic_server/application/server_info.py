"""Says what the server is, what it can do for an account, and what a person has to do first."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Protocol

from applemusic_server.application.capability_memory import CapabilityMemory
from applemusic_server.domain.access import PermittedAccounts
from applemusic_server.domain.account import Account, AccountState, SubscriptionState
from applemusic_server.domain.capability import PROBED, Capability, CapabilityAnswer
from applemusic_server.domain.errors import FailedPreconditionError, NotFoundError, Reason
from applemusic_server.domain.gateways import (
    DeveloperToken,
    DeveloperTokenSource,
    DeveloperTokenVerdicts,
)
from applemusic_server.domain.playback_observer import PlaybackObserver


class ServerState(Enum):
    """Whether the server is ready."""

    READY = auto()
    ACTION_REQUIRED = auto()
    DRAINING = auto()


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What works now; fields as in the contract. What is not named here is not there yet."""

    catalog: bool = False
    playback: bool = False
    preview_playback: bool = False
    upload_playback: bool = False
    live_playback: bool = False
    adts: bool = False
    pcm: bool = False
    prepare: bool = False
    lyrics: bool = False
    search_suggestions: bool = False
    charts: bool = False
    lookup: bool = False
    resolve_url: bool = False
    library: bool = False
    sync_library: bool = False
    library_add: bool = False
    library_remove: bool = False
    playlist_create: bool = False
    playlist_edit: bool = False
    playlist_delete: bool = False
    favorites: bool = False
    artist_favorites: bool = False
    radio: bool = False
    recommendations: bool = False
    sign_in: bool = False
    submit_music_user_token: bool = False
    token_renewal: bool = False
    watch_accounts: bool = False
    diagnostics: bool = False


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What does not change while the server runs.

    Attributes:
        device_problem: Why there is no Widevine device to play with; None when there is one.
    """

    version: str
    start_time: datetime
    default_storefront: str
    max_streams: int
    max_account_streams: int
    device_problem: Reason | None


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """What the server is now.

    Attributes:
        action_required: What a person has to do, the most basic first.
        account: Whose capabilities these are; empty for the server alone.
    """

    facts: ServerFacts
    state: ServerState
    action_required: tuple[Reason, ...]
    capabilities: Capabilities
    account: str
    developer_token_expire_time: datetime | None
    team_id: str
    active_stream_count: int


class AccountList(Protocol):
    """Knows the accounts that the call under way may touch."""

    async def list(self) -> tuple[Account, ...]:
        """Return them by id."""
        ...


class Probes(Protocol):
    """Knows what Apple lets accounts do; see `application.capability_probes`."""

    async def recall(self, account: Account) -> None:
        """Take over what is remembered; asks Apple nothing."""
        ...

    async def ready(self, account: Account) -> None:
        """Ask Apple for what is not remembered; takes 2 s at most."""
        ...


class ServerInfoReader:
    """The use case; tells nothing of others' accounts.

    Asks storage, and Apple only what it was not asked within the last day.

    Args:
        facts: What does not change.
        accounts: The accounts that the caller may see.
        developer_tokens: Where the developer token comes from.
        verdicts: What Apple said of it.
        observer: Knows how many streams are open.
        now: The time now, in UTC.
        draining: Whether the server is going down.
        refused: What Apple lets accounts do; None when everything is allowed.
        probes: Completes `refused`; None leaves it as it is.
        permitted: Which accounts the caller may touch.
        streams_of: Returns how many streams of an account are open.
        pcm_works: Returns whether this installation can decode.
    """

    def __init__(
        self,
        facts: ServerFacts,
        *,
        accounts: AccountList,
        developer_tokens: DeveloperTokenSource,
        verdicts: DeveloperTokenVerdicts,
        observer: PlaybackObserver,
        now: Callable[[], datetime],
        draining: Callable[[], bool],
        refused: CapabilityMemory | None = None,
        probes: Probes | None = None,
        permitted: PermittedAccounts | None = None,
        streams_of: Callable[[str], int] = lambda _: 0,
        pcm_works: Callable[[], bool] = lambda: False,
    ) -> None:
        self._facts = facts
        self._accounts = accounts
        self._developer_tokens = developer_tokens
        self._verdicts = verdicts
        self._observer = observer
        self._now = now
        self._draining = draining
        self._refused = refused
        self._probes = probes
        self._permitted = permitted or PermittedAccounts()
        self._streams_of = streams_of
        self._pcm_works = pcm_works

    async def read(self, account_id: str, *, probe: bool = False) -> ServerInfo:
        """Return what the server is, for one account or, where there is no single one, for itself.

        Args:
            account_id: Empty for the only one, or for the server itself.
            probe: Ask Apple what the account may do, where that was not done within the last day;
                takes 2 s at most.

        Raises:
            NotFoundError: ACCOUNT_NOT_FOUND.
            UnavailableError: STORAGE_UNAVAILABLE.
        """
        accounts = await self._accounts.list()
        account = _chosen(account_id, accounts)
        token, token_problem = self._developer_token(account.id if account else "")
        problems = [] if token_problem is None else [token_problem]
        problems += self._account_problems((account,) if account else accounts)
        signed = token is not None and token_problem is None
        if account and signed and self._probes and self._account_problem(account) is None:
            await (self._probes.ready(account) if probe else self._probes.recall(account))
        if self._facts.device_problem is not None:
            problems.append(self._facts.device_problem)
        return ServerInfo(
            facts=self._facts,
            state=self._state(problems),
            action_required=tuple(problems),
            capabilities=self._capabilities(account, signed=signed),
            account=account.id if account else "",
            developer_token_expire_time=token.expire_time if token else None,
            team_id=token.team_id if token else "",
            active_stream_count=self._active_streams(),
        )

    def _active_streams(self) -> int:
        ids = self._permitted.ids
        if ids is None:
            return self._observer.active_streams
        return sum(map(self._streams_of, ids))

    def _state(self, problems: list[Reason]) -> ServerState:
        if self._draining():
            return ServerState.DRAINING
        return ServerState.ACTION_REQUIRED if problems else ServerState.READY

    def _developer_token(self, account_id: str) -> tuple[DeveloperToken | None, Reason | None]:
        try:
            token = self._developer_tokens.current(account_id)
        except FailedPreconditionError as error:
            return None, error.reason
        rejected = self._verdicts.is_rejected(token.value)
        return token, Reason.DEVELOPER_TOKEN_REJECTED if rejected else None

    def _account_problems(self, accounts: tuple[Account, ...]) -> list[Reason]:
        """What keeps all of the accounts from listening; one that can is enough."""
        if not accounts:
            return [Reason.ACCOUNT_REQUIRED]
        problems = [self._account_problem(account) for account in accounts]
        found = [problem for problem in problems if problem is not None]
        return list(dict.fromkeys(found)) if len(found) == len(problems) else []

    def _account_problem(self, account: Account) -> Reason | None:
        token, _ = self._developer_token(account.id)
        state = account.state(self._now())
        if state is AccountState.UNREADABLE:
            return Reason.STORAGE_KEY_MISMATCH
        if state is AccountState.REJECTED:
            return Reason.MUSIC_USER_TOKEN_REJECTED
        if token is not None and account.team_id not in ("", token.team_id):
            return Reason.MUSIC_USER_TOKEN_TEAM_MISMATCH
        if account.subscription_state is SubscriptionState.INACTIVE:
            return Reason.SUBSCRIPTION_REQUIRED
        return None

    def _capabilities(self, account: Account | None, *, signed: bool) -> Capabilities:
        listening = account is not None and self._account_problem(account) is None
        playback = signed and listening and self._facts.device_problem is None
        # An upload needs no Widevine device; a preview no subscription either.
        problem = self._account_problem(account) if account else Reason.ACCOUNT_REQUIRED
        preview = signed and problem in (None, Reason.SUBSCRIPTION_REQUIRED)
        personal = signed and listening
        return Capabilities(
            catalog=signed,
            playback=playback,
            preview_playback=preview,
            upload_playback=personal,
            # Broadcasts have no protection, so they need no device.
            live_playback=personal,
            adts=preview,
            pcm=preview and self._pcm_works(),
            prepare=preview,
            lyrics=personal and self._is_open(account, Capability.LYRICS),
            search_suggestions=signed,
            charts=signed,
            lookup=signed,
            resolve_url=signed,
            library=personal,
            sync_library=personal,
            sign_in=signed,
            submit_music_user_token=signed,
            token_renewal=signed,
            watch_accounts=True,
            diagnostics=True,
            favorites=personal,
            artist_favorites=personal
            and self._is_open(
                account, Capability.ARTIST_FAVORITES, Capability.ARTIST_FAVORITES_CLEAR
            ),
            library_add=personal and self._is_open(account, Capability.LIBRARY_ADD),
            library_remove=personal and self._is_open(account, Capability.LIBRARY_REMOVE),
            playlist_create=personal and self._is_open(account, Capability.PLAYLIST_CREATE),
            # Removing rows has a call of its own, and is done by setting them where it is refused.
            playlist_edit=personal
            and self._is_open(
                account,
                Capability.PLAYLIST_EDIT,
                Capability.PLAYLIST_EDIT_TRACKS,
                Capability.PLAYLIST_EDIT_MOVE,
            ),
            playlist_delete=personal and self._is_open(account, Capability.PLAYLIST_DELETE),
            radio=personal,
            recommendations=personal,
        )

    def _is_open(self, account: Account | None, *capabilities: Capability) -> bool:
        """Whether all of them work, as far as is known; a probe that is due does not change it.

        What can be probed and never was is not known to work. What cannot be probed, or where the
        probe told nothing, counts as there until a call is refused.
        """
        memory = self._refused
        if account is None or memory is None:
            return True

        def one(capability: Capability) -> bool:
            if capability not in PROBED:
                return not memory.holds(account.id, capability)
            return memory.last(account.id, capability) not in (None, CapabilityAnswer.REFUSED)

        return all(one(each) for each in capabilities)


def _chosen(account_id: str, accounts: tuple[Account, ...]) -> Account | None:
    if account_id:
        for account in accounts:
            if account.id == account_id:
                return account
        raise NotFoundError(
            Reason.ACCOUNT_NOT_FOUND,
            f"There is no account {account_id}.",
            metadata={"account": account_id},
        )
    return accounts[0] if len(accounts) == 1 else None
