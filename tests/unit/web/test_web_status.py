"""The status page: who sees it, what it says, and what it never lets through."""

import base64
import html
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from applemusic_server.application.server_info import (
    Capabilities,
    ServerFacts,
    ServerInfo,
    ServerState,
)
from applemusic_server.application.status import AccountStatus, Status
from applemusic_server.domain.account import Account, AccountState
from applemusic_server.domain.errors import Reason, UnavailableError
from applemusic_server.domain.secret import Secret
from applemusic_server.domain.storage_health import StorageHealth
from applemusic_server.domain.token_file import TokenFileFault
from applemusic_server.web.access import WebAccess
from applemusic_server.web.application import web_application
from applemusic_server.web.site import Site
from applemusic_server.web.status import StatusPages
from applemusic_server.web.status_advice import ADVICE, advice_on
from applemusic_server.web.status_chart import chart, summary
from applemusic_server.web.status_html import status_body
from applemusic_server.web.status_problems import headline, problems_of
from applemusic_server.web.visitors import Visitors
from tests.support.access_tokens import START, Desk
from tests.support.metrics_text import renderer

INFO = ServerInfo(
    facts=ServerFacts("1.2.3", START, "us", 200, 4, device_problem=None),
    state=ServerState.READY,
    action_required=(),
    capabilities=Capabilities(catalog=True),
    account="",
    developer_token_expire_time=START + timedelta(days=100, hours=1),
    team_id="TEAM123456",
    active_stream_count=3,
)
ANNA = Account("anna", Secret("canary-token"), "de", START, display_name="Anna <script>")


def account(state: AccountState = AccountState.ACTIVE, days: int = 150) -> AccountStatus:
    return AccountStatus(ANNA, state, days, replace(INFO, account="anna"), 1)


def status(*accounts: AccountStatus, **info: object) -> Status:
    server = replace(INFO, **info)  # type: ignore[arg-type]  # whatever a test wants
    return Status(START, server, accounts, (0.25, 0.5), (1.5,))


@dataclass
class Reader:
    found: Status
    asked: list[frozenset[str] | None]
    failure: UnavailableError | None = None

    async def read(self, accounts: frozenset[str] | None) -> Status:
        self.asked.append(accounts)
        if self.failure is not None:
            raise self.failure
        return self.found


@dataclass
class Web:
    desk: Desk
    reader: Reader
    port: int

    async def get(
        self, path: str = "/", token: str = "", **headers: str
    ) -> tuple[int, str, dict[str, str]]:
        shown = {"Authorization": token} if token else {}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        url = f"http://127.0.0.1:{self.port}{path}"
        async with (
            aiohttp.ClientSession() as session,
            session.get(url, headers={**shown, **named}) as response,
        ):
            return response.status, await response.text(), dict(response.headers)


Serve = Callable[..., Awaitable[Web]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    sites: list[Site] = []

    async def start(
        *,
        trust_local: bool,
        open_metrics: bool = False,
        hosts: tuple[str, ...] | None = (),
        prefix: str = "",
        frame_ancestors: tuple[str, ...] = (),
    ) -> Web:
        desk, reader = Desk(), Reader(status(account()), [])
        pages = StatusPages(
            reader,
            WebAccess(desk.known, trust_local=trust_local),
            Visitors("https://music.example.org/x"),
            open_metrics=open_metrics,
            prefix=prefix,
            frame_ancestors=frame_ancestors,
        )

        async def nothing() -> str:
            return ""

        async def refresh() -> None:
            return

        application = web_application(
            renderer(CollectorRegistry()),
            nothing,
            refresh,
            hosts,
            (pages,),
            frame_ancestors=frame_ancestors,
        )
        site = Site(application)
        sites.append(site)
        return Web(desk, reader, await site.start("127.0.0.1", 0))

    yield start
    for site in sites:
        await site.stop()


async def test_on_this_machine_everybody_sees_everything(serve: Serve) -> None:
    web = await serve(trust_local=True)
    code, text, headers = await web.get()

    assert code == 200
    assert web.reader.asked == [None]
    assert "Anna &lt;script&gt;" in text
    assert "canary" not in text
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'nonce-")
    assert "frame-ancestors 'none'" in policy
    assert (headers["Cache-Control"], headers["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert "style=" not in text
    css = await web.get("/assets/style.css")
    assert css[0] == 200
    assert css[2]["Content-Type"].startswith("text/css")


@pytest.mark.parametrize(
    "header",
    [
        {"X_Forwarded_For": "192.0.2.1"},
        {"Forwarded": "for=192.0.2.1"},
        {"X_Real_IP": "192.0.2.1"},
        {"Via": "1.1 proxy"},
        {"Host": "192.0.2.1:8780"},
        {"Host": "music.example.org"},
    ],
)
@pytest.mark.parametrize("path", ["/", "/metrics"])
async def test_who_comes_through_a_proxy_is_not_here(
    serve: Serve, header: dict[str, str], path: str
) -> None:
    web = await serve(trust_local=True, hosts=None)
    code, _, headers = await web.get(path, **header)
    assert code == 401
    assert headers["WWW-Authenticate"].startswith("Basic ")
    assert web.reader.asked == []


@pytest.mark.parametrize("path", ["/", "/metrics"])
async def test_from_elsewhere_a_token_is_needed(serve: Serve, path: str) -> None:
    web = await serve(trust_local=False, hosts=None)
    good = await web.desk.make("prometheus", ["read"])
    weak = await web.desk.make("player", ["stream"])
    gone = await web.desk.make("gone", ["read"], None, timedelta(seconds=1))
    web.desk.time.seconds += 2

    def basic(password: str) -> str:
        return "Basic " + base64.b64encode(f"any:{password}".encode()).decode()

    answers = {
        shown: (await web.get(path, shown))[0]
        for shown in (
            "",
            "Bearer x",
            f"Bearer {gone}",
            f"Digest {good}",
            "Basic %%%",
            "Basic " + base64.b64encode(b"\xff\xfe").decode(),
            basic(""),
            basic(gone),
            basic(weak),
            f"Bearer {weak}",
            f"Bearer {good}",
            basic(good),
        )
    }
    assert list(answers.values()) == [401] * 8 + [403] * 2 + [200] * 2


async def test_a_token_for_some_accounts_shows_these_and_no_metrics(serve: Serve) -> None:
    web = await serve(trust_local=False)
    token = f"Bearer {await web.desk.make('anna', ['read'], ['anna'])}"

    assert (await web.get("/", token))[0] == 200
    assert web.reader.asked == [frozenset({"anna"})]
    assert (await web.get("/metrics", token))[0] == 403
    for probe in ("/livez", "/readyz"):
        assert (await web.get(probe))[0] == 200


async def test_prometheus_hears_that_the_database_is_away(serve: Serve) -> None:
    """Else the alert that says so could not fire, and another would call the server down."""
    web = await serve(trust_local=False)
    token = f"Bearer {await web.desk.make('prometheus', ['read'])}"
    assert (await web.get("/metrics", token))[0] == 200

    web.desk.store.away = True
    web.desk.time.seconds += 3600

    assert (await web.get("/metrics", token))[0] == 200
    assert (await web.get("/metrics", token[:-1] + "x"))[0] == 401
    assert (await web.get("/", token))[0] == 503


async def test_metrics_can_be_open(serve: Serve) -> None:
    web = await serve(trust_local=False, open_metrics=True)
    assert (await web.get("/metrics"))[0] == 200
    assert (await web.get("/"))[0] == 401


async def test_under_a_path_that_a_proxy_leaves(serve: Serve) -> None:
    web = await serve(trust_local=True, prefix="/apple")
    for path in ("/", "/apple/"):
        code, text, headers = await web.get(path)
        assert code == 200
        assert "Apple Music server" in text
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Frame-Options"] == "DENY"
        assert (await web.get(f"{path}assets/style.css"))[0] == 200
    url = f"http://127.0.0.1:{web.port}/apple"
    async with (
        aiohttp.ClientSession() as session,
        session.get(url, allow_redirects=False) as response,
    ):
        assert (response.status, response.headers["Location"]) == (308, "/apple/")


async def test_who_may_show_it_in_a_frame_is_shown_refusals_too(serve: Serve) -> None:
    home = "https://home.example.org"
    web = await serve(trust_local=False, frame_ancestors=("self", home))
    _, _, headers = await web.get()
    assert f"frame-ancestors 'self' {home}" in headers["Content-Security-Policy"]
    token = await web.desk.make("panel", ["read"])
    for host, shown in (("127.0.0.1", f"Bearer {token}"), ("evil.example", "")):
        _, _, headers = await web.get("/", shown, Host=host)
        assert f"frame-ancestors 'self' {home}" in headers["Content-Security-Policy"]
        assert "X-Frame-Options" not in headers


async def test_names_that_are_not_ours_are_refused(serve: Serve) -> None:
    """A page elsewhere may let a name of its own point here (DNS rebinding)."""
    web = await serve(trust_local=False, hosts=None)
    token = f"Bearer {await web.desk.make('x', ['read'])}"
    for host, code in (
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost.evil.example:8780", 421),
        ("music.example.org", 200),
        ("localhost:8780", 200),
        ("192.168.1.5:8780", 200),
        ("[fd00::5]:8780", 200),
    ):
        assert (await web.get("/", token, Host=host))[0] == code, host


async def test_a_database_that_is_away_is_said(serve: Serve) -> None:
    web = await serve(trust_local=True)
    web.reader.failure = UnavailableError(Reason.STORAGE_UNAVAILABLE, "/secret/path is full")
    code, text, _ = await web.get()
    assert code == 503
    assert "database cannot be used" in text
    assert "/secret/path" not in text


def test_what_is_wrong_comes_with_a_remedy() -> None:
    wrong = replace(
        account(AccountState.REJECTED),
        info=replace(INFO, action_required=(Reason.MUSIC_USER_TOKEN_REJECTED,)),
    )
    text = status_body(
        status(
            wrong,
            account(AccountState.EXPIRING, 12),
            state=ServerState.ACTION_REQUIRED,
            action_required=(Reason.DEVELOPER_TOKEN_EXPIRED,),
        )
    )
    assert "The developer token has ended." in text
    assert "anna: Apple does not accept the music user token any more." in text
    assert "assumed to end in 12 days" in text
    assert "<code>private_key_file</code>" in text
    assert "Nothing is wrong" not in text
    assert "Nothing is wrong" in status_body(status(account()))


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_words(reason: Reason) -> None:
    advice = advice_on(reason)
    assert advice.problem.endswith(".")
    assert advice.remedy.endswith(".")
    assert (reason in ADVICE) or reason.value in advice.problem


BROKEN = {"": TokenFileFault("/etc/secret/token is empty", "it is empty")}


def refused(*reasons: Reason, name: str = "anna") -> AccountStatus:
    found = account()
    return replace(
        found,
        account=replace(found.account, id=name),
        info=replace(found.info, action_required=reasons),
    )


def head(found: Status) -> tuple[str, str]:
    made = headline(found, problems_of(found))
    assert f'<p class="state {made.kind}">{made.words}</p>' in status_body(found)
    return made.kind, made.words


def test_the_headline_is_as_bad_as_the_worst_below_it() -> None:
    needs = {"state": ServerState.ACTION_REQUIRED}
    dead, soon = Reason.MUSIC_USER_TOKEN_REJECTED, account(AccountState.EXPIRING, 9)
    near = START + timedelta(days=30)
    assert head(status(account())) == ("good", "Ready to play")
    assert head(status(account(), soon))[0] == "warn"
    assert head(status(account(), developer_token_expire_time=near))[0] == "warn"
    assert head(replace(status(account()), file_faults=BROKEN))[0] == "warn"
    assert head(status(soon, refused(dead))) == ("bad", "Plays, but not for everybody")
    assert head(status(refused(dead), action_required=(dead,), **needs)) == (
        "bad",
        "Something needs you",
    )
    assert head(status(soon, state=ServerState.DRAINING)) == ("quiet", "Going down")


def test_problems_come_worst_first() -> None:
    found = replace(
        status(
            account(AccountState.EXPIRING, 9),
            refused(Reason.SUBSCRIPTION_REQUIRED, name="berta"),
            action_required=(Reason.WIDEVINE_DEVICE_MISSING,),
            state=ServerState.ACTION_REQUIRED,
        ),
        file_faults=BROKEN,
    )
    said = [each.problem for each in problems_of(found)]
    assert [each.severity for each in problems_of(found)] == [1, 2, 4, 4]
    assert "Widevine" in said[0]
    assert said[1].startswith("berta: ")
    text = status_body(found)
    assert [text.index(html.escape(each)) for each in said] == sorted(
        text.index(html.escape(each)) for each in said
    )


@pytest.mark.parametrize(
    ("storage", "head", "said"),
    [
        (
            StorageHealth(is_writable=False, is_full=True),
            "Plays, but cannot store anything",
            "full",
        ),
        (StorageHealth(is_writable=False), "Plays, but cannot store anything", "takes no writes"),
        (StorageHealth(free_bytes=4096), "Plays, but something will need you", "nearly full"),
    ],
)
def test_a_database_that_takes_no_writes_is_in_the_headline(
    storage: StorageHealth, head: str, said: str
) -> None:
    text = status_body(replace(status(account()), storage=storage))
    assert head in text
    assert said in text
    assert "Nothing is wrong" not in text


def test_a_file_that_cannot_be_used_says_what_still_works() -> None:
    (serves,) = problems_of(replace(status(account()), file_faults=BROKEN))
    assert serves.problem == (
        "The file of the developer token cannot be used: it is empty. "
        "The token that was read before serves on, to its end."
    )
    assert "`developer_token.token_file`" in serves.remedy
    assert "/etc/secret" not in status_body(replace(status(account()), file_faults=BROKEN))
    ended = (Reason.DEVELOPER_TOKEN_EXPIRED,)
    stopped = problems_of(replace(status(action_required=ended), file_faults=BROKEN))
    assert [each.severity for each in stopped] == [1, 1]
    assert stopped[1].problem.endswith("it is empty.")
    of_anna = problems_of(replace(status(refused(*ended)), file_faults={"anna": BROKEN[""]}))
    assert [each.severity for each in of_anna] == [2, 2]
    assert of_anna[1].problem.startswith("anna: the file")
    assert "`developer_token.accounts.anna.token_file`" in of_anna[1].remedy
    (nobody,) = problems_of(replace(status(), file_faults={"zoe": BROKEN[""]}))
    assert (nobody.severity, "serves on" in nobody.problem) == (4, False)


def test_a_developer_token_of_an_account_that_ends_soon_is_named() -> None:
    own = replace(account(), info=replace(INFO, developer_token_expire_time=START))
    soon = replace(own, info=replace(INFO, developer_token_expire_time=START + timedelta(hours=9)))
    assert problems_of(status(own)) == ()  # it has ended: that is another problem
    (problem,) = problems_of(status(soon))
    assert problem.problem == "anna: the developer token ends today."


def test_an_account_that_does_not_play_does_not_look_well() -> None:
    text = status_body(status(refused(Reason.SUBSCRIPTION_REQUIRED)))
    assert '<p class="state bad">Does not play</p>' in text
    assert "Signed in" not in text


@pytest.mark.parametrize(
    ("days", "said"),
    [(0, "ends today"), (1, "ends in 1 day,"), (2, "ends in 2 days"), (-1, "has ended")],
)
def test_days_left(days: int, said: str) -> None:
    assert said in status_body(status(account(days=days)))


@pytest.mark.parametrize(
    ("expire", "said"),
    [
        (START + timedelta(days=3, hours=1), "ends in 3 days (2026-11-25)"),
        (START - timedelta(days=1), "ended (2026-11-21)"),
        (None, "no end is known"),
    ],
)
def test_the_developer_token(expire: datetime | None, said: str) -> None:
    assert said in status_body(status(developer_token_expire_time=expire))
    assert "<dd>none</dd>" in status_body(status(developer_token_expire_time=None, team_id=""))


@given(st.text(), st.text())
def test_names_never_become_markup(name: str, account_id: str) -> None:
    odd = replace(account(), account=replace(ANNA, display_name=name, id=account_id))
    plain = replace(account(), account=replace(ANNA, display_name="", id=""))
    allowed = {"span", "/span", "code", "/code"}
    tags = re.findall(r"<(/?[a-z0-9]+)", status_body(status(odd)))
    usual = re.findall(r"<(/?[a-z0-9]+)", status_body(status(plain)))
    assert [tag for tag in tags if tag not in allowed] == [
        tag for tag in usual if tag not in allowed
    ]


@given(st.lists(st.floats(0, 1e6), max_size=100))
def test_any_times_make_a_chart_that_stays_inside(times: list[float]) -> None:
    picture = chart("Starts", times)
    assert picture.count("<rect") == min(60, len(times))
    for y, height in re.findall(r' y="([0-9.-]+)" width="[0-9.]+" height="([0-9.]+)"', picture):
        assert float(y) >= -1
        assert float(y) + float(height) <= 90.2
    assert summary(times)


def test_a_chart_in_words() -> None:
    assert summary([]) == "none yet"
    assert summary([0.1, 0.2, 4.0]) == "usually 200 ms, at most 4.0 s, last 3"
    assert 'aria-label="Starts: usually' in chart("Starts", [0.1])
    assert ">5 s<" in chart("Starts", [7.0])
    assert ">20 s<" in chart("Starts", [42.0])


def test_an_account_of_another_team_says_of_which() -> None:
    mismatch = replace(INFO, action_required=(Reason.MUSIC_USER_TOKEN_TEAM_MISMATCH,))
    there = replace(account(), account=replace(ANNA, team_id="OLDTEAM123"), info=mismatch)
    text = status_body(status(there))
    assert "Signed in for team OLDTEAM123, not TEAM123456" in text
    assert "Signed in</p>" not in text
