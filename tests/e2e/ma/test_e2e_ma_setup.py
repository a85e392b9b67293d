"""A person sets the provider up, in both generations of the host."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest
from music_assistant_models.config_entries import ConfigEntry
from music_assistant_models.errors import LoginFailed, ResourceTemporarilyUnavailable

from applemusic.errors import MusicUserTokenRejectedError
from applemusic.models.sign_in import SignIn
from tests.support.http_browser import http_browser
from tests.support.ma.host import PACKAGE, Generation, Host
from tests.support.stage import Stage

SetUp = Callable[..., AbstractAsyncContextManager[Stage]]


@pytest.fixture
async def fresh(stage_of: SetUp) -> AsyncIterator[Stage]:
    """A server on which nobody has signed in."""
    async with stage_of(signed_in=False) as stage:
        yield stage


async def sign_in(stage: Stage, url: str, *, decline: bool = False) -> None:
    """What a person does in the browser."""
    stage.secrets.add(url.partition("#")[2])
    async with http_browser(stage) as browser:
        await browser.open(SignIn(url=url))
        if decline:
            await browser.post("decline", {"csrf": browser.csrf})
        else:
            status, answer = await browser.finish(stage.simulator.music_user_token())
            assert status == 200, answer


class Flow:
    """A setup flow, and a person who answers by step."""

    def __init__(self, stage: Stage, host: Host, **context: Any) -> None:
        flow = import_module("music_assistant.models.setup_flow")
        self._stage = stage
        self._host = host
        self.answers: dict[str, list[dict[str, Any]]] = {}
        self.session = flow.SetupSession(
            host, flow.SetupFlowContext(**context), self._answer, self._finish
        )

    async def run(self, **answers: list[dict[str, Any]]) -> Any:
        """Go through the flow; return the steps that the person saw."""
        self.answers = answers
        await import_module(f"{PACKAGE}.setup_flow").run_setup(self.session)
        return self.session

    @property
    def seen(self) -> list[str]:
        return [step.step_id for step in self.session.steps]

    async def _answer(self, step: Any) -> dict[str, Any]:
        if step.url:
            await sign_in(self._stage, step.url)
            return {}
        return self.answers[step.step_id].pop(0)

    async def _finish(self, values: dict[str, Any]) -> None:
        self._host.values = values
        self._host.provider = await self._host.load_or_raise()


def said(slug: str) -> str:
    """What a person reads: the host looks nothing up for a provider that it was not built with."""
    sentence: str = import_module(f"{PACKAGE}.texts").Texts().error(slug)
    assert sentence != slug
    return sentence


@pytest.fixture
def host(package: ModuleType, generation: Generation) -> Host:
    return Host(package, generation)


async def test_a_new_person_signs_in_at_the_servers_page(fresh: Stage, host: Host) -> None:
    flow = Flow(fresh, host)
    session = await flow.run(server=[{"address": fresh.music.target}], account=[{}])
    assert flow.seen == ["server", "account", "auth"]
    assert session.result["account"] == "default"
    assert host.provider.supported_features
    await host.unload()


async def test_one_account_of_several_is_chosen(stage: Stage, host: Host) -> None:
    flow = Flow(stage, host)
    session = await flow.run(
        server=[{"address": stage.music.target}], account=[{"choice": "default"}]
    )
    assert flow.seen == ["server", "account"]
    options = session.steps[1].entries["choice"].options
    assert [each.value for each in options] == ["default", "+sign_in", "+token"]
    assert session.result["account"] == "default"
    await host.unload()


async def test_a_pasted_token_goes_to_the_server_and_is_stored_nowhere_else(
    stage: Stage, host: Host
) -> None:
    token = stage.simulator.music_user_token()
    flow = Flow(stage, host)
    session = await flow.run(
        server=[{"address": stage.music.target}],
        account=[{"choice": "+token"}],
        token=[
            {"account": "default"},
            {"music_user_token": "too short", "account": "default"},
            {"music_user_token": token, "account": "default"},
        ],
    )
    assert flow.seen == ["server", "account", "token", "token", "token"]
    assert session.steps[-2].errors == {"music_user_token": "required"}
    assert session.steps[-1].errors == {"music_user_token": said("invalid_field")}
    assert token not in str(session.result)
    assert all(each.value is None for each in session.steps[-1].entries.values())
    await host.unload()


async def test_a_wrong_address_is_asked_for_again(
    stage: Stage, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_module(f"{PACKAGE}.signing_in"), "CONNECT_SECONDS", 0.2)
    flow = Flow(stage, host)
    session = await flow.run(
        server=[{"address": "127.0.0.1:1"}, {"address": stage.music.target}],
        account=[{"choice": "default"}],
    )
    assert flow.seen == ["server", "server", "account"]
    assert session.steps[1].errors == {"address": said("cannot_connect")}
    assert session.steps[1].entries["address"].value == "127.0.0.1:1"
    await host.unload()


async def test_a_sign_in_that_is_cancelled_ends_the_flow(
    fresh: Stage, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = import_module(f"{PACKAGE}.signing_in").begin

    async def begin_and_cancel(client: Any, account: str) -> Any:
        begun = await begin(client, account)
        fresh.secrets |= {begun.sign_in_id}
        await client.auth.cancel_sign_in(begun.sign_in_id)
        return SignIn(sign_in_id=begun.sign_in_id, expire_time=begun.expire_time)

    monkeypatch.setattr(import_module(f"{PACKAGE}.signing_in"), "begin", begin_and_cancel)
    abort = import_module("music_assistant.models.setup_flow").AbortFlow
    flow = Flow(fresh, host)
    with pytest.raises(abort) as caught:
        await flow.run(server=[{"address": fresh.music.target}], account=[{}], auth=[{}])
    assert caught.value.reason == "The sign-in was declined or cancelled."


async def test_a_dead_sign_in_is_renewed_without_questions(stage: Stage, host: Host) -> None:
    for token in stage.simulator.world.user_tokens:
        stage.simulator.world.user_tokens.revoke(token)
    stored = {"address": stage.music.target, "account": "default"}
    flow = Flow(stage, host, kind="reconfigure", reason="auth", setup_data=stored)
    session = await flow.run()
    assert flow.seen == ["auth"]
    assert session.result == stored
    await host.unload()


async def test_an_access_token_that_is_left_empty_stays(stage: Stage, host: Host) -> None:
    stored = {"address": stage.music.target, "access_token": "kept"}
    flow = Flow(stage, host, kind="reconfigure", setup_data=stored)
    flow.answers = {"server": [{}, {"access_token": "new"}]}
    ask = import_module(f"{PACKAGE}.setup_flow")._ask_server
    texts = import_module(f"{PACKAGE}.texts").Texts()
    assert (await ask(flow.session, texts, stored, {}))["access_token"] == "kept"
    given = await ask(flow.session, texts, stored, {})
    assert given["access_token"] == "new"
    assert not [key for key in given if key.startswith("step_")], "texts are no settings"


async def test_a_refused_access_token_is_asked_for_again(stage: Stage, host: Host) -> None:
    flow = Flow(stage, host)
    session = await flow.run(
        server=[
            {"address": stage.music.target, "access_token": "unknown-to-the-server"},
            {"access_token": " "},
        ],
        account=[{"choice": "default"}],
    )
    assert flow.seen == ["server", "server", "account"]
    assert session.steps[1].errors == {"base": said("access_token_invalid")}
    await host.unload()


# -- the older generation --------------------------------------------------------------------------


async def entries(
    host: Host, action: str | None = None, **values: Any
) -> tuple[dict[str, ConfigEntry], dict[str, Any]]:
    """What the host shows, and what is entered after it."""
    given = {"session_id": "s1", **values}
    shown = await host.package.get_config_entries(host, host.instance_id, action, given)
    for each in shown:
        assert ConfigEntry.from_dict(each.to_dict()).key == each.key
    return {each.key: each for each in shown}, given


@pytest.mark.parametrize("generation", [Generation.SETTINGS])
async def test_a_button_signs_in_and_the_host_waits(fresh: Stage, host: Host) -> None:
    signal = host.signal_event

    def opened(event: Any, object_id: Any = None, data: Any = None) -> None:
        signal(event, object_id, data)
        if str(event) == "auth_session":
            host.call_later(0, sign_in, fresh, data)

    host.signal_event = opened  # type: ignore[method-assign]  # a person with a browser
    shown, values = await entries(host, "sign_in", address=fresh.music.target)
    assert values["account"] == shown["account"].value == "default"
    assert shown["signed_in"].label == "Signed in as default"
    host.values = {"address": fresh.music.target, "account": "default"}
    assert await host.load() is not None
    shown, _ = await entries(host, **host.values)
    assert [each.value for each in shown["account"].options] == ["default"]
    assert "warning" not in shown
    host.provider.notices.warning = "sign in again"
    shown, _ = await entries(host, **host.values)
    assert shown["warning"].label == "sign in again"
    await host.unload()


@pytest.mark.parametrize("generation", [Generation.SETTINGS])
async def test_a_button_hands_a_token_over(fresh: Stage, host: Host) -> None:
    token = fresh.simulator.music_user_token()
    shown, values = await entries(
        host, "submit_token", address=fresh.music.target, music_user_token=token
    )
    assert "music_user_token" not in values
    assert shown["music_user_token"].value is None
    assert values["account"] == "default"


@pytest.mark.parametrize("generation", [Generation.SETTINGS])
async def test_a_stored_access_token_stays_behind_its_sign(stage: Stage, host: Host) -> None:
    host.values = {"address": stage.music.target}
    assert await host.load() is not None
    sign = import_module("music_assistant_models.constants").SECURE_STRING_SUBSTITUTE
    _, values = await entries(host, address=stage.music.target, access_token=sign)
    assert values["access_token"] is None, "none was stored"
    await host.unload()


@pytest.mark.parametrize("generation", [Generation.SETTINGS])
async def test_a_button_looks_for_accounts(stage: Stage, host: Host) -> None:
    shown, values = await entries(host, "find_accounts", address=stage.music.target)
    assert [each.value for each in shown["account"].options] == ["default"]
    assert shown["account"].default_value == "default"
    assert "account" not in values, "the person chooses"


@pytest.mark.parametrize("generation", [Generation.SETTINGS])
async def test_nobody_is_connected_to_for_a_look_at_the_settings(
    stage: Stage, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    signing_in = import_module(f"{PACKAGE}.signing_in")
    monkeypatch.setattr(signing_in, "CONNECT_SECONDS", 0.2)
    connected = signing_in.connected
    monkeypatch.delattr(signing_in, "connected")
    shown, _ = await entries(host, address=stage.music.target, access_token="as it is stored")
    assert shown["account"].options == []
    host.values = {"address": stage.music.target}
    assert await host.load() is not None
    shown, _ = await entries(host, **host.values)
    assert [each.value for each in shown["account"].options] == ["default"], "as it was told"
    await host.unload()
    monkeypatch.setattr(signing_in, "connected", connected, raising=False)
    with pytest.raises(ResourceTemporarilyUnavailable, match="cannot reach"):
        await entries(host, "sign_in", address="127.0.0.1:1")


# -- at start-up -----------------------------------------------------------------------------------


@pytest.mark.parametrize("generation", list(Generation), ids=lambda each: each.value)
async def test_nobody_signed_in_is_said_at_start(fresh: Stage, host: Host) -> None:
    host.values = {"address": fresh.music.target}
    assert await host.load() is None
    assert isinstance(host.last_error, LoginFailed)
    assert host.due == 120
    await fresh.music.auth.submit_music_user_token(fresh.simulator.music_user_token())
    assert await host.load() is not None, "the host tries again by itself"
    await host.unload()


async def test_a_dead_sign_in_is_said_at_start(stage: Stage, host: Host) -> None:
    for token in stage.simulator.world.user_tokens:
        stage.simulator.world.user_tokens.revoke(token)
    with pytest.raises(MusicUserTokenRejectedError):
        await stage.music.library.songs().first()
    host.values = {"address": stage.music.target}
    assert await host.load() is None
    assert isinstance(host.last_error, LoginFailed)
    assert "sign in again" in str(host.last_error)


@pytest.mark.parametrize("generation", list(Generation), ids=lambda each: each.value)
async def test_the_server_away_at_start_and_back_later(
    host: Host, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = import_module(f"{PACKAGE}.session").Session
    monkeypatch.setitem(session.open.__kwdefaults__, "seconds", 0.3)
    host.values = {"address": "127.0.0.1:1"}
    assert await host.load() is None
    assert isinstance(host.last_error, ResourceTemporarilyUnavailable)
    assert "cannot reach 127.0.0.1:1" in str(host.last_error)
    host.values = {"address": stage.music.target}
    assert await host.load() is not None
    await host.unload()
