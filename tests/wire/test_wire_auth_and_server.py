"""AuthService and ServerService."""

from datetime import UTC, timedelta

import grpc

from applemusic.v1 import auth_service_pb2, error_reason_pb2, server_service_pb2
from applemusic.v1.auth_service_pb2_grpc import AuthServiceStub
from applemusic.v1.server_service_pb2_grpc import ServerServiceStub
from applemusic_server.domain.account import Account, SubscriptionState
from applemusic_server.domain.errors import Reason
from applemusic_server.domain.secret import Secret
from tests.support.wire_server import NOW, Wire, failure_of

TOKEN = "A" * 60 + "=="


def account(account_id: str) -> Account:
    return Account(account_id, Secret(TOKEN), "de", NOW, language_tags=("de-DE",))


async def test_a_submitted_token_reaches_the_application_and_comes_back_nowhere(
    wire: Wire,
) -> None:
    response = await AuthServiceStub(wire.channel).SubmitMusicUserToken(
        auth_service_pb2.SubmitMusicUserTokenRequest(
            account="anna", music_user_token=TOKEN, display_name="Anna"
        )
    )

    assert wire.accounts.submitted == [Secret(TOKEN)]
    assert response.account.id == "anna"
    assert response.account.display_name == "Anna"
    assert response.account.state == auth_service_pb2.ACCOUNT_STATE_ACTIVE
    assert response.account.token_first_seen_time.ToDatetime(UTC) == NOW
    assert response.account.token_assumed_expire_time.ToDatetime(UTC) == NOW + timedelta(days=180)
    assert not response.account.HasField("token_renewed_time")
    assert TOKEN.encode() not in response.SerializeToString()


async def test_blanks_around_a_token_come_from_copying(wire: Wire) -> None:
    await AuthServiceStub(wire.channel).SubmitMusicUserToken(
        auth_service_pb2.SubmitMusicUserTokenRequest(music_user_token=f" {TOKEN}\n")
    )

    assert wire.accounts.submitted == [Secret(f" {TOKEN}\n")]  # the use case takes them off


async def test_a_bad_token_is_never_repeated(wire: Wire) -> None:
    failure = await failure_of(
        AuthServiceStub(wire.channel).SubmitMusicUserToken(
            auth_service_pb2.SubmitMusicUserTokenRequest(music_user_token="canary token !")
        )
    )

    assert list(failure.violations) == ["music_user_token"]
    assert "canary" not in str(failure)


async def test_accounts_are_listed_in_pages(wire: Wire) -> None:
    for number in range(5):
        await wire.accounts.put(account(f"a{number}"))
    stub = AuthServiceStub(wire.channel)

    first = await stub.ListAccounts(auth_service_pb2.ListAccountsRequest(page_size=3))
    second = await stub.ListAccounts(
        auth_service_pb2.ListAccountsRequest(page_size=3, page_token=first.next_page_token)
    )

    assert [each.id for each in first.accounts] == ["a0", "a1", "a2"]
    assert [each.id for each in second.accounts] == ["a3", "a4"]
    assert second.next_page_token == ""


async def test_one_account(wire: Wire) -> None:
    await wire.accounts.put(account("anna"))
    stub = AuthServiceStub(wire.channel)

    response = await stub.GetAccount(auth_service_pb2.GetAccountRequest(account="anna"))
    failure = await failure_of(stub.GetAccount(auth_service_pb2.GetAccountRequest(account="berta")))

    assert response.account.storefront == "de"
    assert failure.code is grpc.StatusCode.NOT_FOUND
    assert failure.metadata == {"account": "berta"}


async def info(wire: Wire, account_id: str = "") -> server_service_pb2.GetServerInfoResponse:
    return await ServerServiceStub(wire.channel).GetServerInfo(
        server_service_pb2.GetServerInfoRequest(account=account_id)
    )


async def test_a_server_without_accounts_wants_one(wire: Wire) -> None:
    answer = await info(wire)

    assert answer.state == server_service_pb2.SERVER_STATE_ACTION_REQUIRED
    assert list(answer.action_required) == [error_reason_pb2.ERROR_REASON_ACCOUNT_REQUIRED]
    assert answer.capabilities.catalog
    assert not answer.capabilities.playback
    assert answer.account == ""


async def test_a_ready_server_says_what_it_can_do_and_nothing_more(wire: Wire) -> None:
    await wire.accounts.put(account("anna"))

    answer = await info(wire)

    assert answer.state == server_service_pb2.SERVER_STATE_READY
    assert answer.account == "anna"
    true = {field.name for field, value in answer.capabilities.ListFields() if value}
    assert true == {
        "catalog",
        "playback",
        "preview_playback",
        "upload_playback",
        "live_playback",
        "adts",
        "prepare",
        "library",
        "library_add",
        "library_remove",
        "playlist_create",
        "playlist_delete",
        "playlist_edit",
        "sync_library",
        "lyrics",
        "search_suggestions",
        "charts",
        "lookup",
        "resolve_url",
        "favorites",
        "artist_favorites",
        "radio",
        "recommendations",
        "sign_in",
        "submit_music_user_token",
        "token_renewal",
        "watch_accounts",
        "diagnostics",
    }
    assert answer.max_stream_count == 100
    assert answer.max_account_stream_count == 2
    assert answer.team_id == "TEAM123456"
    assert answer.developer_token_expire_time.ToDatetime(UTC) == NOW + timedelta(days=100)


def only_watching(answer: server_service_pb2.GetServerInfoResponse) -> bool:
    """Whether nothing works but what needs no token."""
    names = [field.name for field, _ in answer.capabilities.ListFields()]
    return names == ["watch_accounts", "diagnostics"]


async def test_what_is_missing_takes_capabilities_away(wire: Wire) -> None:
    await wire.accounts.put(account("anna"))
    wire.developer_tokens.problem = Reason.DEVELOPER_TOKEN_EXPIRED

    answer = await info(wire)

    assert list(answer.action_required) == [error_reason_pb2.ERROR_REASON_DEVELOPER_TOKEN_EXPIRED]
    assert only_watching(answer)
    assert not answer.HasField("developer_token_expire_time")


async def test_a_rejected_account_and_one_without_subscription_do_not_play(wire: Wire) -> None:
    await wire.accounts.put(account("anna").with_rejected())
    await wire.accounts.put(
        Account("free", Secret(TOKEN), "de", NOW, subscription_state=SubscriptionState.INACTIVE)
    )

    rejected = await info(wire, "anna")
    free = await info(wire, "free")
    both = await info(wire)

    assert list(rejected.action_required) == [
        error_reason_pb2.ERROR_REASON_MUSIC_USER_TOKEN_REJECTED
    ]
    assert not rejected.capabilities.playback
    assert not rejected.capabilities.preview_playback
    assert not rejected.capabilities.upload_playback
    assert rejected.capabilities.catalog
    assert not free.capabilities.playback
    assert not free.capabilities.upload_playback
    assert free.capabilities.preview_playback, "a preview needs no subscription"
    assert free.capabilities.prepare
    assert list(free.action_required) == [error_reason_pb2.ERROR_REASON_SUBSCRIPTION_REQUIRED]
    assert both.account == ""
    assert both.state == server_service_pb2.SERVER_STATE_ACTION_REQUIRED
    assert list(both.action_required) == [
        error_reason_pb2.ERROR_REASON_MUSIC_USER_TOKEN_REJECTED,
        error_reason_pb2.ERROR_REASON_SUBSCRIPTION_REQUIRED,
    ]
    await wire.accounts.put(account("berta"))
    assert (await info(wire)).state == server_service_pb2.SERVER_STATE_READY


async def test_an_account_of_another_developer_team_does_not_play(wire: Wire) -> None:
    await wire.accounts.put(Account("anna", Secret(TOKEN), "de", NOW, team_id="OTHERTEAM0"))

    answer = await info(wire)

    assert list(answer.action_required) == [
        error_reason_pb2.ERROR_REASON_MUSIC_USER_TOKEN_TEAM_MISMATCH
    ]
    assert answer.capabilities.catalog
    assert not answer.capabilities.playback


async def test_a_developer_token_that_apple_refused_gives_no_capability(wire: Wire) -> None:
    await wire.accounts.put(account("anna"))
    wire.developer_tokens.rejected = True

    answer = await info(wire)

    assert list(answer.action_required) == [error_reason_pb2.ERROR_REASON_DEVELOPER_TOKEN_REJECTED]
    assert only_watching(answer)
    assert answer.team_id == "TEAM123456"  # which token it is, is known all the same


async def test_a_token_that_cannot_be_read(wire: Wire) -> None:
    await wire.accounts.put(Account("anna", None, "de", NOW))

    answer = await info(wire)

    assert list(answer.action_required) == [error_reason_pb2.ERROR_REASON_STORAGE_KEY_MISMATCH]


async def test_an_unknown_account(wire: Wire) -> None:
    failure = await failure_of(
        ServerServiceStub(wire.channel).GetServerInfo(
            server_service_pb2.GetServerInfoRequest(account="nobody")
        )
    )

    assert failure.reason == "ACCOUNT_NOT_FOUND"
