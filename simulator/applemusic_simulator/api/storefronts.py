"""Storefronts and their languages."""

from collections.abc import Sequence
from typing import Any

from applemusic_simulator.api.call import Answer, Call, Route
from applemusic_simulator.errors import not_found

# id | name | languages, the default first | explicit content, where not "allowed"
_TABLE = """
ae|UAE|en-GB ar|opt-in
ar|Argentina|es-MX en-GB
at|Austria|de-DE en-GB
au|Australia|en-AU en-GB
be|Belgium|en-GB fr-FR nl
br|Brazil|pt-BR en-GB|opt-in
ca|Canada|en-CA fr-CA
ch|Switzerland|de-CH de-DE en-GB fr-FR it|opt-in
cl|Chile|es-MX en-GB
cn|China mainland|zh-Hans-CN en-GB
co|Colombia|es-MX en-GB
cz|Czech Republic|en-GB cs
de|Germany|de-DE en-GB
dk|Denmark|en-GB da
es|Spain|es-ES en-GB ca
fi|Finland|en-GB fi
fr|France|fr-FR en-GB
gb|United Kingdom|en-GB
gr|Greece|en-GB el
hk|Hong Kong|zh-Hant-HK en-GB zh-Hant-TW
hu|Hungary|en-GB hu
ie|Ireland|en-GB
il|Israel|en-GB he
in|India|en-GB hi|opt-in
it|Italy|it en-GB|opt-in
jp|Japan|ja en-US
kr|Korea, Republic of|ko en-GB
lu|Luxembourg|en-GB fr-FR de-DE
mx|Mexico|es-MX en-GB
nl|Netherlands|nl en-GB
no|Norway|en-GB nb
nz|New Zealand|en-AU en-GB
pl|Poland|en-GB pl
pt|Portugal|pt-PT en-GB
ro|Romania|en-GB ro
sa|Saudi Arabia|en-GB ar|opt-in
se|Sweden|sv en-GB
sg|Singapore|en-GB zh-Hans-CN|opt-in
sk|Slovakia|en-GB sk
th|Thailand|en-GB th
tr|Turkey|en-GB tr|opt-in
tw|Taiwan|zh-Hant-TW en-GB
ua|Ukraine|en-GB uk ru
us|United States|en-US es-MX ar ru zh-Hans-CN
vn|Vietnam|en-GB vi|prohibited
za|South Africa|en-GB
"""
_MOST_IDS = 200


def _parse() -> dict[str, dict[str, Any]]:
    table = {}
    for line in _TABLE.split("\n"):
        if line:
            storefront, name, languages, *policy = line.split("|")
            table[storefront] = {
                "defaultLanguageTag": languages.split()[0],
                "name": name,
                "explicitContentPolicy": policy[0] if policy else "allowed",
                "supportedLanguageTags": languages.split(),
            }
    return table


_STOREFRONTS = _parse()


def check_storefront(storefront: str) -> None:
    """Refuse a storefront that the simulator does not have.

    Raises:
        AppleError: 404 40400.
    """
    if storefront not in _STOREFRONTS:
        raise not_found()


def storefront_resource(storefront: str) -> dict[str, Any]:
    """A storefront as Apple words it.

    Raises:
        AppleError: 404 40400.
    """
    check_storefront(storefront)
    return {
        "id": storefront,
        "type": "storefronts",
        "href": f"/v1/storefronts/{storefront}",
        "attributes": _STOREFRONTS[storefront],
    }


class StorefrontEndpoints:
    """`/v1/storefronts` and `/v1/language`."""

    def routes(self) -> Sequence[Route]:
        """All routes."""
        return (
            Route("GET", "/storefronts", self._many),
            Route("GET", "/storefronts/{storefront}", self._one),
            Route("GET", "/language/{storefront}/tag", self._language),
        )

    def _many(self, call: Call) -> Answer:
        ids = call.query.ids("ids", _MOST_IDS) if "ids" in call.query else list(_STOREFRONTS)
        return Answer({"data": [storefront_resource(key) for key in ids if key in _STOREFRONTS]})

    def _one(self, call: Call) -> Answer:
        return Answer({"data": [storefront_resource(call.names["storefront"])]})

    def _language(self, call: Call) -> Answer:
        storefront = storefront_resource(call.names["storefront"])
        wanted = call.query.required("acceptLanguage")
        return Answer({"results": {"tag": _best(wanted, storefront["attributes"])}})


def _best(wanted: str, attributes: dict[str, Any]) -> str:
    """The exact tag, else one of the same language, else the storefront's default."""
    tags: list[str] = attributes["supportedLanguageTags"]
    exact = [tag for tag in tags if tag.lower() == wanted.lower()]
    language = wanted.partition("-")[0].lower()
    alike = [tag for tag in tags if tag.partition("-")[0].lower() == language]
    return next(iter((*exact, *alike)), tags[0])
