"""The sign-in pages: from a link or a code to a token that Apple gave, and not one that it did not.

Pages hold nothing of a visit: their script asks for it. Every post must come from a page of ours
(Origin), to a name of ours (Host), from the browser that it is about (cookie), knowing what only
that browser's page knows (CSRF token).
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from aiohttp import web
from structlog.typing import FilteringBoundLogger

from applemusic_server.application.sign_in_visits import SignInVisits, Visit
from applemusic_server.domain.account import SubscriptionState
from applemusic_server.domain.errors import (
    AppleMusicError,
    FailedPreconditionError,
    InvalidArgumentError,
    NotFoundError,
    Reason,
    ResourceExhaustedError,
    UnauthenticatedError,
    UnavailableError,
)
from applemusic_server.domain.secret import Secret
from applemusic_server.web.client_address import ClientAddresses
from applemusic_server.web.form import FormError, read_form
from applemusic_server.web.page import PageRules, asset, page, static
from applemusic_server.web.visitors import (
    Visitors,
    browser_of,
    csrf_token,
    is_csrf_token,
    remember_browser,
)

_SCRIPT: Final = "sign_in.js"
_STATUSES: Final[tuple[tuple[type[AppleMusicError], int], ...]] = (
    (NotFoundError, 404),
    (FailedPreconditionError, 409),
    (InvalidArgumentError, 422),
    (UnauthenticatedError, 422),
    (ResourceExhaustedError, 429),
    (UnavailableError, 503),
)
_WORDS: Final = {
    Reason.MUSIC_USER_TOKEN_REJECTED: "Apple does not accept this token for this server. Sign in "
    "again, or copy the token anew.",
    Reason.MUSIC_USER_TOKEN_IN_USE: "Another account of this server holds this token already. Sign "
    "in as the person that this account is for: choose their Apple Account in Apple's window.",
    Reason.STORAGE_UNAVAILABLE: "The server cannot store anything just now. Try again in "
    "a minute; if that does not help, its operator finds on the status page what is wrong.",
    Reason.DEVELOPER_TOKEN_MISSING: "This server has no developer token, so nobody can sign in. "
    "Its operator has to configure one.",
    Reason.DEVELOPER_TOKEN_EXPIRED: "This server's developer token has ended, so nobody can sign "
    "in. Its operator has to replace it.",
    Reason.DEVELOPER_TOKEN_REJECTED: "Apple does not accept this server's developer token, so "
    "nobody can sign in. Its operator has to replace it.",
}
_APPLE_DOES_NOT_ANSWER: Final = (
    "Apple does not answer this server, so the token could not be checked. Try again in a minute."
)


@dataclass(frozen=True, slots=True)
class MusicKit:
    """Where Apple's script is, and who it says is asking.

    Attributes:
        base_url: Of Apple's script host, without a slash at the end.
        rules: What a page with the script may load.
        app_name: Shown in Apple's window.
    """

    base_url: str
    rules: PageRules
    app_name: str

    @property
    def script_url(self) -> str:
        """The script, version 3 (reference: Apple docs)."""
        return f"{self.base_url}/musickit/v3/musickit.js"


class SignInPages:
    """Serves /sign-in and /link.

    Args:
        visits: The use cases.
        visitors: Who may use the pages.
        musickit: Apple's script.
        prefix: Path that a proxy may leave before the pages' own, e.g. `/apple`.
        new_secret: Makes what a browser is known by: 43 URL-safe characters, 256 bits.
        log: Takes a line per sign-in that ended, without its secrets.
        addresses: Says whom a wrong code is counted for; None trusts no proxy.
    """

    def __init__(
        self,
        visits: SignInVisits,
        visitors: Visitors,
        musickit: MusicKit,
        *,
        prefix: str,
        new_secret: Callable[[], str],
        log: FilteringBoundLogger,
        addresses: ClientAddresses | None = None,
    ) -> None:
        self._visits = visits
        self._visitors = visitors
        self._addresses = addresses or ClientAddresses()
        self._musickit = musickit
        self._prefix = prefix
        self._new_secret = new_secret
        self._log = log

    def add_routes(self, application: web.Application) -> None:
        """Register the pages and their posts, with and without the prefix."""
        for prefix in dict.fromkeys(("", self._prefix)):
            self._add_routes(application.router, prefix)

    def _add_routes(self, router: web.UrlDispatcher, prefix: str) -> None:
        rules = self._musickit.rules
        own = PageRules(ancestors=rules.ancestors)
        sign_in = self._shown("Sign in to Apple Music", "sign_in.html", rules)
        router.add_get(f"{prefix}/sign-in", sign_in)
        router.add_get(f"{prefix}/link", self._shown("Enter the code", "link.html", own))
        router.add_get(f"{prefix}/assets/style.css", asset("style.css", "text/css"))
        router.add_get(f"{prefix}/assets/{_SCRIPT}", asset(_SCRIPT, "text/javascript"))
        posts: Mapping[str, tuple[tuple[str, ...], _Post]] = {
            "start": ((), self._start),
            "open": (("csrf", "ticket"), self._open),
            "code": (("csrf", "code"), self._code),
            "finish": (("csrf", "music_user_token"), self._finish),
            "decline": (("csrf",), self._decline),
        }
        for name, (fields, handler) in posts.items():
            router.add_post(f"{prefix}/sign-in/{name}", partial(self._post, fields, handler))

    def _shown(self, title: str, name: str, rules: PageRules) -> "_Handler":
        body = static(name)

        async def show(request: web.Request) -> web.StreamResponse:
            if not self._visitors.knows_host(request):
                return _misdirected()
            return page(title, body, rules, script=_SCRIPT)

        return show

    async def _post(
        self, fields: tuple[str, ...], handler: "_Post", request: web.Request
    ) -> web.StreamResponse:
        """Let a post through that one of our pages sent, and say in words what went wrong."""
        if not self._visitors.knows_host(request):
            return _misdirected()
        if not self._visitors.is_own_post(request):
            return _problem(
                403,
                "FOREIGN_ORIGIN",
                "This page is at another address than the server knows. Its operator has to set "
                "web.public_url, or web.allowed_origins.",
            )
        try:
            form = await read_form(request, fields)
        except FormError as error:
            return _problem(error.status, "BAD_FORM", f"{error}.")
        browser = browser_of(request)
        if "csrf" in fields and not is_csrf_token(form["csrf"], browser):
            return _problem(
                403, "STALE_PAGE", "This page is too old, or cookies are off. Load it again."
            )
        try:
            return await handler(request, browser, form)
        except AppleMusicError as error:
            return _refusal(error)

    async def _start(
        self, request: web.Request, browser: Secret, form: Mapping[str, str]
    ) -> web.Response:
        """Tell a page that was just loaded what is open in its browser."""
        del form
        if browser:
            try:
                return _visit_response(await self._visits.resume(browser), self._musickit, browser)
            except NotFoundError:
                pass  # a browser that was here before, without a sign-in
            except FailedPreconditionError as error:
                if error.reason is not Reason.SIGN_IN_EXPIRED:
                    raise
                # Known by the old cookie as long as it lasts, so that a reload says the same.
                return _json({"csrf": csrf_token(browser), "ended": _words(error)})
        else:
            browser = Secret(self._new_secret())
        response = _json({"csrf": csrf_token(browser)})
        self._remember(request, response, browser)
        return response

    async def _open(
        self, request: web.Request, browser: Secret, form: Mapping[str, str]
    ) -> web.Response:
        fresh = Secret(self._new_secret())
        visit = await self._visits.open(Secret(form["ticket"]), browser, fresh)
        return self._opened(request, visit, browser, fresh)

    async def _code(
        self, request: web.Request, browser: Secret, form: Mapping[str, str]
    ) -> web.Response:
        fresh = Secret(self._new_secret())
        whose = self._addresses.network_of(request)
        visit = await self._visits.enter_code(form["code"], whose, browser, fresh)
        return self._opened(request, visit, browser, fresh)

    def _opened(
        self, request: web.Request, visit: Visit, browser: Secret, fresh: Secret
    ) -> web.Response:
        """Answer with the visit; who just opened it is known by a new cookie (no fixation)."""
        known_by = browser if visit.was_open else fresh
        response = _visit_response(visit, self._musickit, known_by)
        self._remember(request, response, known_by)
        return response

    def _remember(self, request: web.Request, response: web.Response, browser: Secret) -> None:
        ancestors = self._musickit.rules.ancestors
        remember_browser(request, response, browser, framed=any(a != "self" for a in ancestors))

    async def _finish(
        self, request: web.Request, browser: Secret, form: Mapping[str, str]
    ) -> web.Response:
        del request
        account = await self._visits.finish(browser, Secret(form["music_user_token"]))
        self._log.info("signed in", account=account.id)
        plays = account.subscription_state is not SubscriptionState.INACTIVE
        return _json({"who": account.display_name or account.id, "plays": plays})

    async def _decline(
        self, request: web.Request, browser: Secret, form: Mapping[str, str]
    ) -> web.Response:
        del request, form
        await self._visits.decline(browser)
        self._log.info("sign-in declined")
        return _json({})


_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_Post = Callable[[web.Request, Secret, Mapping[str, str]], Awaitable[web.Response]]


def _visit_response(visit: Visit, musickit: MusicKit, browser: Secret) -> web.Response:
    """Return what the page needs of a visit. The developer token is for MusicKit, in memory."""
    sign_in = visit.sign_in
    return _json(
        {
            "csrf": csrf_token(browser),
            "visit": {
                "id": sign_in.key[:12],  # of a digest: tells visits apart, opens none
                "who": visit.display_name or sign_in.account,
                "app": musickit.app_name,
                "script": musickit.script_url,
                "developer_token": visit.developer_token.reveal(),
            },
        }
    )


def _refusal(error: AppleMusicError) -> web.Response:
    status = next((code for kind, code in _STATUSES if isinstance(error, kind)), 500)
    response = _problem(status, str(error.reason), _words(error))
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(int(error.retry_after.total_seconds()))
    return response


def _words(error: AppleMusicError) -> str:
    """Return what a person at the page is told."""
    if error.reason in _WORDS:
        return _WORDS[error.reason]
    if error.reason.startswith("UPSTREAM_"):
        return _APPLE_DOES_NOT_ANSWER
    if isinstance(error, InvalidArgumentError) and error.violations:
        text = error.violations[0].description
        return f"{text[:1].upper()}{text[1:]}."
    if error.reason is Reason.INTERNAL:
        return "The server made a mistake. Its log says more."
    return error.message


def _problem(status: int, reason: str, message: str) -> web.Response:
    return _json({"reason": reason, "message": message}, status=status)


def _json(content: Mapping[str, Any], status: int = 200) -> web.Response:
    return web.json_response(content, status=status)


def _misdirected() -> web.Response:
    return web.Response(
        text="This server has another name. Its operator can add this one: web.public_url or "
        "web.allowed_hosts.\n",
        status=421,
    )
