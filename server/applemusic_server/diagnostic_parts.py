"""Puts together what looks into the server's health; a part of the composition root."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from applemusic_server.application.account_checks import AccountChecks
from applemusic_server.application.accounts import Accounts
from applemusic_server.application.capability_memory import CapabilityMemory
from applemusic_server.application.diagnostics import Diagnostics
from applemusic_server.application.server_checks import ServerChecks, ServerFindings
from applemusic_server.domain.access import PermittedAccounts
from applemusic_server.domain.capability import CapabilityStore
from applemusic_server.domain.gateways import ListenerGateway
from applemusic_server.domain.storage_health import StorageLook
from applemusic_server.upstream.developer_token import DeveloperTokens
from applemusic_server.upstream.token_check import DeveloperTokenCheck
from applemusic_server.wire.diagnostics import DiagnosticsServicer


@dataclass(frozen=True)
class DiagnosticNeeds:
    """What diagnostics are made of.

    Attributes:
        capabilities: What Apple lets accounts do, as far as is known here.
        kept: The same, as the database has it.
        now: The time now, in UTC.
        clock: Monotonic seconds.
        storage: Tries to write.
    """

    known: ServerFindings
    accounts: Accounts
    permitted: PermittedAccounts
    developer_tokens: DeveloperTokens
    check: DeveloperTokenCheck
    listeners: ListenerGateway
    capabilities: CapabilityMemory
    kept: CapabilityStore
    now: Callable[[], datetime]
    clock: Callable[[], float]
    storage: StorageLook


def diagnostics_servicer(needs: DiagnosticNeeds) -> DiagnosticsServicer:
    """Return what serves `GetDiagnostics`."""
    tokens, now = needs.developer_tokens, needs.now
    return DiagnosticsServicer(
        Diagnostics(
            needs.accounts,
            ServerChecks(needs.known, tokens, needs.check, now),
            AccountChecks(tokens, needs.listeners, needs.capabilities, needs.kept, now),
            now=now,
            clock=needs.clock,
            permitted=needs.permitted,
            storage=needs.storage,
        )
    )
