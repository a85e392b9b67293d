"""Parts of the wire that need no server: page tokens, artwork, enums, the contract's shape."""

import inspect
import typing
from typing import Any

import pytest
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass
from hypothesis import given
from hypothesis import strategies as st

from applemusic.v1 import (
    audio_service_pb2,
    auth_service_pb2,
    catalog_service_pb2,
    error_reason_pb2,
    media_pb2,
    radio_service_pb2,
)
from applemusic_server.domain.errors import AppleMusicError, InvalidArgumentError, Reason
from applemusic_server.domain.resources import Artwork
from applemusic_server.wire import enums
from applemusic_server.wire.audio import AudioServicer
from applemusic_server.wire.auth import AuthServicer
from applemusic_server.wire.catalog import CatalogServicer
from applemusic_server.wire.catalog_lists import CatalogListServicer
from applemusic_server.wire.checks import LIST_LIMITS, REQUIRED_CHOICES, Checker
from applemusic_server.wire.contract import SERVICES, methods, python_name
from applemusic_server.wire.convert import artwork_url
from applemusic_server.wire.favorites import FavoritesServicer
from applemusic_server.wire.page_token import Position, decode, encode
from applemusic_server.wire.radio import RadioServicer
from applemusic_server.wire.recommendations import RecommendationServicer
from applemusic_server.wire.redaction import loggable, secret_field_names
from applemusic_server.wire.registry import Registry
from applemusic_server.wire.server import ServerServicer

REQUESTS = [GetMessageClass(method.input_type) for method in methods()]


@given(
    st.text(max_size=100),
    st.integers(0, 10_000_000),
    st.lists(st.integers(1, 10), max_size=10).map(tuple),
)
def test_a_token_brings_its_position_back(term: str, offset: int, kinds: tuple[int, ...]) -> None:
    request = catalog_service_pb2.SearchRequest(term=term)
    token = encode(request, Position(offset, kinds))
    again = catalog_service_pb2.SearchRequest(term=term, page_token=token, page_size=3)

    assert decode(again) == Position(offset, kinds)


@given(st.text(min_size=1, max_size=300))
def test_made_up_tokens_are_refused(token: str) -> None:
    request = catalog_service_pb2.SearchRequest(term="a", page_token=token)

    with pytest.raises(InvalidArgumentError) as caught:
        decode(request)

    assert caught.value.reason is Reason.INVALID_PAGE_TOKEN


@given(st.integers(0, 20), st.integers(1, 255))
def test_changed_tokens_are_refused_or_harmless(index: int, change: int) -> None:
    request = catalog_service_pb2.SearchRequest(term="a")
    token = encode(request, Position(25, (2,)))
    position = index % len(token)
    changed = token[:position] + chr((ord(token[position]) + change) % 128) + token[position + 1 :]
    again = catalog_service_pb2.SearchRequest(term="a", page_token=changed)

    try:
        found = decode(again)
    except InvalidArgumentError:
        return
    assert 0 <= found.offset <= 10_000_000


def test_without_a_token_a_list_begins_at_its_start() -> None:
    assert decode(catalog_service_pb2.SearchRequest(term="a")) == Position()


@given(st.sampled_from(REQUESTS), st.binary(max_size=200))
def test_any_request_that_parses_is_checked_without_a_defect(kind: Any, data: bytes) -> None:
    request = kind()
    try:
        request.ParseFromString(data)
    except DecodeError:
        return
    try:
        Checker().check(request)
    except AppleMusicError as error:
        assert error.reason is Reason.INVALID_FIELD  # noqa: PT017 - both outcomes are fine
    loggable(request)


@pytest.mark.parametrize(
    ("artwork", "size", "url"),
    [
        (Artwork("https://a/{w}x{h}bb.jpg", 3000, 3000), 600, "https://a/600x600bb.jpg"),
        (Artwork("https://a/{w}x{h}bb.jpg", 200, 100), 600, "https://a/200x100bb.jpg"),
        (Artwork("https://a/{w}x{h}bb.jpg", 1000, 4000), 600, "https://a/150x600bb.jpg"),
        (Artwork("https://a/{w}x{h}{c}.{f}"), 300, "https://a/300x300bb.jpg"),
        (Artwork("https://a/{w}x{h}bb.jpg", 100000, 1), 600, "https://a/600x1bb.jpg"),
        (Artwork("https://a/fixed.jpg", 10, 10), 600, "https://a/fixed.jpg"),
    ],
)
def test_artwork_keeps_its_shape_and_is_never_enlarged(
    artwork: Artwork, size: int, url: str
) -> None:
    assert artwork_url(artwork, size) == url


@pytest.mark.parametrize(
    ("table", "wire"),
    [
        (enums.RESOURCE_TYPES, media_pb2.ResourceType),
        (enums.CONTENT_RATINGS, media_pb2.ContentRating),
        (enums.FAVORITE_STATES, media_pb2.FavoriteState),
        (enums.AVAILABILITIES, media_pb2.Availability),
        (enums.AUDIO_VARIANTS, media_pb2.AudioVariant),
        (enums.PLAYLIST_KINDS, media_pb2.PlaylistKind),
        (enums.STATION_KINDS, media_pb2.StationKind),
        (enums.ACCOUNT_STATES, auth_service_pb2.AccountState),
        (enums.SUBSCRIPTION_STATES, auth_service_pb2.SubscriptionState),
        (enums.AUDIO_CONTAINERS, audio_service_pb2.AudioContainer),
        (enums.AUDIO_SOURCES, audio_service_pb2.AudioSource),
        (enums.PREPARATIONS, audio_service_pb2.Preparation),
        (enums.AUDIO_EVENT_KINDS, audio_service_pb2.AudioEventKind),
        (enums.ARTIST_ALBUM_KINDS, catalog_service_pb2.ArtistAlbumKind),
        (enums.STATION_LISTS, radio_service_pb2.StationList),
        (enums.ERROR_REASONS, error_reason_pb2.ErrorReason),
    ],
)
def test_enums_have_the_same_members_on_both_sides(table: Any, wire: Any) -> None:
    assert sorted({*table.values(), 0}) == sorted(wire.values())
    assert len(set(table.values())) == len(table)


def test_list_limits_name_fields_of_the_contract() -> None:
    fields = {
        f"{message.name}.{name}"
        for service in SERVICES
        for message in service.file.message_types_by_name.values()
        for name in (*message.fields_by_name, *message.oneofs_by_name)
    }
    assert set(LIST_LIMITS) <= fields
    assert fields >= REQUIRED_CHOICES


def test_servicers_take_and_return_the_messages_of_the_contract() -> None:
    by_name = {python_name(method): method for method in methods()}
    seen = 0
    for servicer in (
        AudioServicer,
        AuthServicer,
        CatalogListServicer,
        CatalogServicer,
        FavoritesServicer,
        RadioServicer,
        RecommendationServicer,
        ServerServicer,
    ):
        for name, function in inspect.getmembers(servicer, inspect.isfunction):
            if name.startswith("_"):
                continue
            hints = typing.get_type_hints(function)
            method = by_name[name]
            returned = typing.get_args(hints["return"])
            assert hints["request"] is GetMessageClass(method.input_type), name
            assert (returned[0] if returned else hints["return"]) is GetMessageClass(
                method.output_type
            ), name
            seen += 1
    assert seen == 42


def test_a_servicer_with_a_misspelt_function_is_a_defect() -> None:
    class Wrong:
        async def get_sogn(self) -> None: ...

    with pytest.raises(TypeError, match="get_sogn"):
        Registry([Wrong()], Checker())


def test_an_rpc_is_served_once() -> None:
    class Twice:
        async def get_song(self) -> None: ...

    with pytest.raises(TypeError, match="served twice"):
        Registry([Twice(), Twice()], Checker())


def test_the_contract_drives_what_is_hidden() -> None:
    assert {"music_user_token", "user_code", "sign_in_id"} <= secret_field_names()
    message = audio_service_pb2.AudioStreamRequest(song_id="1", next_song_ids=list("abcdefg"))
    assert loggable(message)["next_song_ids"][-1] == "… 7 in all"
