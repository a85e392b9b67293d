"""Refusals, worded as Apple words them."""

import json
import secrets
from collections.abc import Mapping
from typing import Any

from aiohttp import web

_TITLES = {
    "40003": "Missing Parameter",
    "40004": "Invalid Parameter",
    "40005": "Invalid Parameter Value",
    "40008": "Invalid Path Value",
    "40300": "Forbidden",
    "40400": "Resource Not Found",
    "40403": "No related resources",
    "42900": "Too Many Requests",
    "50000": "Service failure",
    "50400": "Gateway Timeout",
}


class AppleError(Exception):
    """An answer that is a refusal; the network middleware turns it into a response.

    Args:
        status: HTTP status.
        code: Apple's five digits, or empty when Apple sends none (a 500 has neither code nor
            detail: reference section 13.8).
        detail: The sentence that says what was wrong.
        source: `{"parameter": name}` or `{"pointer": path}`.
        title: Instead of the usual one of the code.
        empty: Send no body at all, as Apple does for a refused developer token.
    """

    def __init__(
        self,
        status: int,
        code: str = "",
        detail: str = "",
        *,
        source: Mapping[str, str] | None = None,
        empty: bool = False,
        title: str = "",
    ) -> None:
        super().__init__(f"{status} {code} {detail}".strip())
        self.status = status
        self.code = code
        self.detail = detail
        self.source = source
        self.empty = empty
        self.title = title

    def response(self) -> web.Response:
        """The HTTP answer."""
        if self.empty:
            return web.Response(status=self.status)
        return web.Response(
            status=self.status,
            body=json.dumps({"errors": [self.entry()]}).encode(),
            content_type="application/json",
        )

    def entry(self) -> dict[str, Any]:
        """The error as it stands in the list `errors`."""
        entry: dict[str, Any] = {
            "id": secrets.token_hex(16).upper(),
            "title": self.title or _TITLES.get(self.code, "Service failure"),
        }
        if self.detail:
            entry["detail"] = self.detail
        entry["status"] = str(self.status)
        if self.code:
            entry["code"] = self.code
        if self.source:
            entry["source"] = dict(self.source)
        return entry


def bad_parameter(name: str, detail: str, code: str = "40005") -> AppleError:
    """400: a parameter's value is wrong."""
    return AppleError(400, code, detail, source={"parameter": name})


def missing_parameter(name: str) -> AppleError:
    """400 40003: a required parameter is absent."""
    return bad_parameter(name, f"Missing required parameter '{name}'", "40003")


def bad_body(pointer: str, detail: str = "Unable to parse request body") -> AppleError:
    """400: the JSON of a write is wrong at `pointer`."""
    return AppleError(400, "40005", detail, source={"pointer": pointer or "/"})


def bad_path(detail: str) -> AppleError:
    """400 40008: a part of the path is not one that Apple knows."""
    return AppleError(400, "40008", detail)


def unauthorized() -> AppleError:
    """401 without a body: the developer token is missing, forged or expired."""
    return AppleError(401, empty=True)


def forbidden() -> AppleError:
    """403 40300: the music user token is missing, dead or another team's."""
    return AppleError(403, "40300", "Invalid authentication")


def not_found() -> AppleError:
    """404 40400: no such resource."""
    return AppleError(404, "40400", "Resource with requested id was not found")


def no_related(name: str) -> AppleError:
    """404 40403: the relationship, view or page holds nothing."""
    return AppleError(404, "40403", f"No related resources found for {name}")


def of_status(status: int, code: str = "") -> AppleError:
    """The body Apple sends with a bare `status`; 429 comes without Retry-After."""
    usual = {400: "40005", 403: "40300", 404: "40400", 429: "42900", 504: "50400"}
    if status == web.HTTPUnauthorized.status_code:
        return unauthorized()
    return AppleError(status, code or usual.get(status, ""))
