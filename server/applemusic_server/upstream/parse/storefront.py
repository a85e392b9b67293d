"""Storefronts."""

from applemusic_server.domain.gateways import Storefront
from applemusic_server.upstream.failures import invalid_answer
from applemusic_server.upstream.json_reader import JsonReader
from applemusic_server.upstream.parse.references import read_identity


def parse_storefronts(collection: JsonReader) -> tuple[Storefront, ...]:
    """Build the storefronts of a collection.

    Raises:
        InternalError: UPSTREAM_RESPONSE_INVALID.
    """
    return tuple(_parse_storefront(each) for each in collection.children("data"))


def _parse_storefront(resource: JsonReader) -> Storefront:
    storefront_id = read_identity(resource)[1]
    attributes = resource.child("attributes")
    if not storefront_id or attributes is None:
        raise invalid_answer(resource.endpoint, "a storefront without id or attributes")
    return Storefront(
        id=storefront_id,
        name=attributes.text("name"),
        default_language_tag=attributes.text("defaultLanguageTag"),
        supported_language_tags=attributes.texts("supportedLanguageTags"),
        explicit_content_prohibited=attributes.text("explicitContentPolicy") == "prohibited",
    )
