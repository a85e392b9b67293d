"""Checks requests field by field against a table, before a servicer sees them.

The rules follow the names of fields, which mean the same throughout the contract; what differs from
message to message (how long a list may be, what may be empty) is in tables below.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from applemusic_server.domain.account import check_account_id
from applemusic_server.domain.errors import (
    FieldViolation,
    InvalidArgumentError,
    Reason,
)
from applemusic_server.domain.ids import ID_RULE, is_id

Rule = Callable[[Any], str]
"""Returns what is wrong with a value; an empty string when nothing is."""

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,4}")
_STOREFRONT = re.compile(r"[a-z]{2}")
_TOKEN = re.compile(r"[A-Za-z0-9+/=_.-]{32,4096}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

_LONGEST_TERM: Final = 500
_LONGEST_NAME: Final = 200
_LONGEST_TEXT: Final = 1000
_LONGEST_URL: Final = 2048
_LONGEST_PAGE_TOKEN: Final = 200
_LARGEST_ARTWORK: Final = 3000
_LONGEST_OFFSET: Final = 7 * 24 * 3600
_NANOS_PER_SECOND: Final = 1_000_000_000

# Most entries of a list, by message and field, as the contract says.
LIST_LIMITS: Final[Mapping[str, int]] = {
    "BatchGetSongsRequest.ids": 1500,
    "BatchGetAlbumsRequest.ids": 1000,
    "BatchGetArtistsRequest.ids": 500,
    "BatchGetPlaylistsRequest.ids": 250,
    "BatchGetStationsRequest.ids": 500,
    "BatchGetMusicVideosRequest.ids": 1000,
    "BatchGetGenresRequest.ids": 500,
    "LookupIsrcRequest.isrcs": 250,
    "LookupUpcRequest.upcs": 250,
    "AudioStreamRequest.next_song_ids": 5,
    "PrepareAudioRequest.song_ids": 5,
    "BatchGetLibraryItemsRequest.items": 1000,
    "SetFavoritesRequest.items": 500,
    "ClearFavoritesRequest.items": 500,
    "BatchGetFavoritesRequest.items": 1000,
    "AddToLibraryRequest.resources": 500,
    "RemoveFromLibraryRequest.resources": 500,
    "CreatePlaylistRequest.tracks": 1000,
    "AddPlaylistTracksRequest.tracks": 1000,
    "RemovePlaylistTracksRequest.track_ids": 1000,
    "RemovePlaylistTracksRequest.positions": 1000,
    "ReplacePlaylistTracksRequest.tracks": 1000,
}
_DEFAULT_LIST_LIMIT: Final = 300
_MAY_BE_EMPTY: Final = frozenset(
    {
        "AddPlaylistTracksRequest.request_id",
        "AudioStreamRequest.next_song_ids",
        "CreatePlaylistFolderRequest.parent_folder_id",
        "CreatePlaylistFolderRequest.request_id",
        "CreatePlaylistRequest.parent_folder_id",
        "CreatePlaylistRequest.request_id",
        "CreatePlaylistRequest.tracks",
        "ListChartsRequest.types",
        "ListPlaylistFolderChildrenRequest.folder_id",
        "MoveToPlaylistFolderRequest.folder_id",
        "PrepareAudioRequest.song_ids",
        "RemovePlaylistTracksRequest.positions",
        "RemovePlaylistTracksRequest.track_ids",
        "ReplacePlaylistTracksRequest.tracks",
        "SearchLibraryRequest.types",
        "SearchRequest.types",
        "SearchSuggestionsRequest.types",
        "SyncLibraryRequest.types",
        "WatchAccountsRequest.accounts",
    }
)
# Of these exactly one alternative must be set.
REQUIRED_CHOICES: Final = frozenset({"AudioStreamRequest.item"})


class Checker:
    """Knows the rules of every message it has met."""

    def __init__(self) -> None:
        self._rules: dict[Descriptor, _Rules] = {}

    def check(self, request: Message) -> None:
        """Return if a request keeps all rules.

        Raises:
            InvalidArgumentError: INVALID_FIELD, naming every field at fault.
        """
        violations = tuple(self._violations(request, ""))
        if violations:
            first = violations[0]
            raise InvalidArgumentError(
                Reason.INVALID_FIELD,
                f"{first.field}: {first.description}",
                metadata={"field": first.field},
                violations=violations,
            )

    def _violations(self, message: Message, prefix: str) -> Iterator[FieldViolation]:
        descriptor: Any = message.DESCRIPTOR
        rules = self._rules_of(descriptor)
        for choice in rules.choices:
            if message.WhichOneof(choice) is None:
                yield FieldViolation(prefix + choice, "one of its alternatives must be set")
        for field in rules.fields:
            if field.may_be_absent and not message.HasField(field.name):
                continue
            value = getattr(message, field.name)
            path = prefix + field.name
            if field.is_list:
                yield from _list_violations(descriptor, field.name, field.rule, value, path)
                if field.is_message:
                    for index, entry in enumerate(value):
                        yield from self._violations(entry, f"{path}[{index}].")
            elif field.has_fields:
                yield from self._violations(value, path + ".")
            elif wrong := field.rule(value):
                yield FieldViolation(path, wrong)

    def _rules_of(self, descriptor: Descriptor) -> "_Rules":
        rules = self._rules.get(descriptor)
        if rules is None:
            rules = self._rules[descriptor] = _Rules.of(descriptor)
        return rules


@dataclass(frozen=True, slots=True)
class _Rules:
    """What a message is held to; its descriptor takes long to say so, each time it is asked.

    Attributes:
        choices: Of which one alternative must be set.
    """

    choices: tuple[str, ...]
    fields: "tuple[_Checked, ...]"

    @classmethod
    def of(cls, descriptor: Descriptor) -> "_Rules":
        """Look a message over."""
        choices = tuple(
            each.name
            for each in descriptor.oneofs
            if f"{descriptor.name}.{each.name}" in REQUIRED_CHOICES
        )
        return cls(choices, tuple(map(_Checked.of, descriptor.fields)))


@dataclass(frozen=True, slots=True)
class _Checked:
    """A field as it is checked.

    Attributes:
        may_be_absent: Whether it can be told from one that is empty.
        is_message: Whether it, or each entry of it, is a message.
        has_fields: Whether it is a single message whose fields have rules of their own.
    """

    name: str
    rule: Rule
    may_be_absent: bool
    is_list: bool
    is_message: bool
    has_fields: bool

    @classmethod
    def of(cls, field: FieldDescriptor) -> "_Checked":
        """Describe a field."""
        is_message = field.message_type is not None
        return cls(
            name=field.name,
            rule=_rule_for(field),
            may_be_absent=field.has_presence,
            is_list=field.is_repeated,
            is_message=is_message,
            has_fields=is_message and not field.is_repeated and not _is_known_type(field),
        )


def _list_violations(
    message: Descriptor, field: str, rule: Rule, values: Any, path: str
) -> Iterator[FieldViolation]:
    name = f"{message.name}.{field}"
    limit = LIST_LIMITS.get(name, _DEFAULT_LIST_LIMIT)
    if len(values) > limit:
        yield FieldViolation(path, f"has {len(values)} entries; at most {limit} are allowed")
        return
    if not values and name not in _MAY_BE_EMPTY:
        yield FieldViolation(path, "needs at least one entry")
    for index, value in enumerate(values):
        if wrong := rule(value):
            yield FieldViolation(f"{path}[{index}]", wrong)


def _rule_for(field: FieldDescriptor) -> Rule:
    if field.name in _BY_NAME:
        return _BY_NAME[field.name]
    if field.enum_type is not None:
        return _enum_rule(field)
    if _is_known_type(field):
        return _offset
    if field.type == FieldDescriptor.TYPE_STRING:
        return _id_rule(field) if _names_an_id(field.name) else _text
    if field.type in {FieldDescriptor.TYPE_INT32, FieldDescriptor.TYPE_INT64}:
        return _not_negative
    return _anything


def _id_rule(field: FieldDescriptor) -> Rule:
    message = field.containing_type
    # A list that may be empty is still one of ids.
    optional = (
        not field.is_repeated
        and message is not None
        and f"{message.name}.{field.name}" in _MAY_BE_EMPTY
    )
    return _optional_id if optional else _id


def _names_an_id(name: str) -> bool:
    return name in {"id", "ids"} or name.endswith(("_id", "_ids"))


def _is_known_type(field: FieldDescriptor) -> bool:
    return field.message_type is not None and (
        field.message_type.full_name == "google.protobuf.Duration"
    )


def _anything(value: Any) -> str:
    del value
    return ""


def _account(value: str) -> str:
    if not value:
        return ""
    try:
        check_account_id(value)
    except InvalidArgumentError as error:
        return error.violations[0].description
    return ""


def _id(value: str) -> str:
    if not value:
        return "must not be empty"
    return "" if is_id(value) else ID_RULE


def _optional_id(value: str) -> str:
    return _id(value) if value else ""


def _url(value: str) -> str:
    # What is no address of Apple Music's is UNSUPPORTED_URL; here is only what is no text.
    if not value:
        return "must not be empty"
    if len(value) > _LONGEST_URL:
        return f"has {len(value)} characters; at most {_LONGEST_URL} are allowed"
    return ""


def _term(value: str) -> str:
    if not value.strip():
        return "must not be blank"
    if len(value) > _LONGEST_TERM:
        return f"has {len(value)} characters; at most {_LONGEST_TERM} are allowed"
    return "must not have control characters" if _CONTROL.search(value) else ""


def _display_name(value: str) -> str:
    if len(value) > _LONGEST_NAME:
        return f"has {len(value)} characters; at most {_LONGEST_NAME} are allowed"
    return "must not have control characters" if _CONTROL.search(value) else ""


def _music_user_token(value: str) -> str:
    # Never say what was there instead. Blanks around it come from copying and are taken off later.
    return (
        ""
        if _TOKEN.fullmatch(value.strip())
        else "is not a music user token: base64, 32 characters up"
    )


def _language(value: str) -> str:
    if not value or _LANGUAGE.fullmatch(value):
        return ""
    return "is not a BCP-47 language tag such as de-DE"


def _storefront(value: str) -> str:
    if not value or _STOREFRONT.fullmatch(value):
        return ""
    return "is not a storefront: two small letters such as us"


def _artwork_size(value: int) -> str:
    return "" if 0 <= value <= _LARGEST_ARTWORK else f"must lie from 0 to {_LARGEST_ARTWORK}"


def _not_negative(value: int) -> str:
    return "must not be negative" if value < 0 else ""


def _page_token(value: str) -> str:
    return "is too long" if len(value) > _LONGEST_PAGE_TOKEN else ""


def _text(value: str) -> str:
    if len(value) > _LONGEST_TEXT:
        return f"has {len(value)} characters; at most {_LONGEST_TEXT} are allowed"
    return "must not have control characters" if _CONTROL.search(value) else ""


def _description(value: str) -> str:
    # Lines may be broken.
    return _text(value.replace("\r", " ").replace("\n", " "))


def _offset(value: Any) -> str:
    if value.seconds < 0 or value.nanos < 0:
        return "must not be negative"
    if value.nanos >= _NANOS_PER_SECOND or value.seconds > _LONGEST_OFFSET:
        return "is not a position in a song"
    return ""


def _enum_rule(field: FieldDescriptor) -> Rule:
    enum_type = field.enum_type
    known = frozenset(enum_type.values_by_number) if enum_type is not None else frozenset()
    # `type` says what a reference points to: without it there is nothing to look for.
    entries = field.is_repeated or field.name == "type"

    def known_value(value: int) -> str:
        if value not in known:
            return f"{value} is not a value that this server knows"
        return "must not be unspecified" if entries and value == 0 else ""

    return known_value


_BY_NAME: Final[Mapping[str, Rule]] = {
    "account": _account,
    "accounts": _account,
    "term": _term,
    "url": _url,
    "genre_id": _optional_id,
    "description": _description,
    "display_name": _display_name,
    "music_user_token": _music_user_token,
    "language": _language,
    "translation_language": _language,
    "storefront": _storefront,
    "artwork_size": _artwork_size,
    "page_size": _not_negative,
    "page_token": _page_token,
}
