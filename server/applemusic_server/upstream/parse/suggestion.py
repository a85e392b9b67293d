"""Search suggestions."""

from applemusic_server.domain.catalog_answers import Suggestion, Suggestions
from applemusic_server.upstream.json_reader import JsonReader
from applemusic_server.upstream.parse.resource import parse_resource

_TERM = "terms"
_TOP_RESULT = "topResults"


def parse_suggestions(answer: JsonReader) -> Suggestions:
    """Build suggestions from an answer with `results.suggestions`; unknown kinds are left out."""
    results = answer.child("results") or JsonReader({}, answer.endpoint, "results")
    terms: list[Suggestion] = []
    found = []
    for each in results.children("suggestions"):
        kind = each.text("kind")
        content = each.child("content") if kind == _TOP_RESULT else None
        resource = parse_resource(content) if content else None
        term = each.text("searchTerm") if kind == _TERM else ""
        if resource is not None:
            found.append(resource)
        elif term:
            terms.append(Suggestion(term, each.text("displayTerm") or term))
    return Suggestions(tuple(terms), tuple(found))
