"""Puts together what knows of each account what Apple lets it do; part of the composition root."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime

from applemusic_server.application.accounts import Accounts
from applemusic_server.application.capability_memory import CapabilityMemory
from applemusic_server.application.capability_probes import CapabilityProbes
from applemusic_server.storage.capability_answers import DatabaseCapabilityStore
from applemusic_server.storage.database import Database
from applemusic_server.upstream.api_client import ApiClient
from applemusic_server.upstream.capabilities import AppleCapabilities


@dataclass(frozen=True, slots=True)
class CapabilityParts:
    """What is known.

    Attributes:
        kept: As the database has it.
        probes: Ask Apple for what is not known.
    """

    kept: DatabaseCapabilityStore
    probes: CapabilityProbes


def capability_parts(
    accounts: Accounts,
    api: ApiClient,
    database: Database,
    refused: CapabilityMemory,
    opened: AsyncExitStack,
    *,
    now: Callable[[], datetime],
) -> CapabilityParts:
    """Make the parts; what has to be closed is put on `opened`."""
    kept = DatabaseCapabilityStore(database)
    probes = CapabilityProbes(accounts, AppleCapabilities(api), kept, refused, now=now)
    opened.push_async_callback(probes.close)
    return CapabilityParts(kept, probes)
