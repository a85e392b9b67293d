"""Renders resources as one request wants them: relationships, views, fields, pages."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from applemusic_simulator.api.attributes import AttributeWriter
from applemusic_simulator.api.kinds import Kind, Relationship, Shown, View
from applemusic_simulator.api.personal import Personal
from applemusic_simulator.api.query import Query
from applemusic_simulator.errors import no_related, not_found

Resource = dict[str, Any]
# Typed includes may go round in circles (songs to albums to tracks to albums).
_DEEPEST = 2


class ResourceWriter:
    """Words the answer to one request.

    Args:
        kinds: All resource types.
        attributes: Words what a resource says of itself.
        storefront: Stands in every `href`.
        query: `include`, `relate`, `extend`, `fields`, `views` and `limit[...]`, each untyped for
            the primary data or typed for one resource type wherever it stands.
        personal: Knows the listener; None when nobody is signed in.
    """

    def __init__(
        self,
        kinds: Mapping[str, Kind],
        attributes: AttributeWriter,
        storefront: str,
        query: Query,
        personal: Personal | None = None,
    ) -> None:
        self._kinds = kinds
        self._attributes = attributes
        self._storefront = storefront
        self._query = query
        self._personal = personal
        self._known: dict[tuple[str, str, bool], set[str]] = {}
        self._asked = {
            name: query.typed(name) for name in ("include", "relate", "extend", "fields", "views")
        }

    def by_ids(self, kind: Kind, ids: Iterable[str]) -> list[Resource]:
        """The resources that exist, as answered to a request for ids."""
        return [self._direct(kind, item_id) for item_id in ids if item_id in kind.found]

    def one(self, kind: Kind, item_id: str) -> list[Resource]:
        """One resource.

        Raises:
            AppleError: 404 40400.
        """
        if item_id not in kind.found:
            raise not_found()
        return [self._direct(kind, item_id)]

    def related(self, kind: Kind, item_id: str, name: str) -> Resource:
        """A page of a relationship, asked for by its own path.

        Raises:
            AppleError: 404 40400 unknown resource, 40403 nothing related or past the end.
        """
        relationship = kind.relationships[name]
        href = f"{self.href(kind.type, item_id)}/{name}"
        ids = self._ids(kind, item_id, relationship)
        return self._page(href, relationship, ids, name)

    def view(self, kind: Kind, item_id: str, name: str) -> Resource:
        """A page of a view, asked for by its own path.

        Raises:
            AppleError: 404 40400 unknown resource, 40403 nothing in it or past the end.
        """
        view = kind.views[name]
        href = f"{self.href(kind.type, item_id)}/view/{name}"
        page = self._page(href, view, self._ids(kind, item_id, view), name)
        if "attributes" in self._query.names("with"):
            page["attributes"] = {"title": view.title}
        return page

    def listed(self, kind_name: str, ids: Iterable[str]) -> list[Resource]:
        """Primary resources in a list: searches, charts, pages of relationships."""
        kind = self._kinds[kind_name]
        return [self._resource(kind, item_id, depth=0, direct=False) for item_id in ids]

    def included(self, kind_name: str, ids: Iterable[str]) -> list[Resource]:
        """Those that exist, as they stand inside another resource."""
        kind = self._kinds[kind_name]
        return [
            self._resource(kind, item_id, depth=1, direct=False)
            for item_id in ids
            if item_id in kind.found
        ]

    def identifier(self, kind_name: str, item_id: str) -> Resource:
        """A bare reference without attributes."""
        return {"id": item_id, "type": kind_name, "href": self.href(kind_name, item_id)}

    def href(self, kind_name: str, item_id: str) -> str:
        """The root-relative path of a resource."""
        return f"/v1/catalog/{self._storefront}/{kind_name}/{item_id}"

    def _ids(self, kind: Kind, item_id: str, related: Relationship | View) -> Sequence[str]:
        if item_id not in kind.found:
            raise not_found()
        return related.ids(kind.found[item_id])

    def _page(
        self, href: str, related: Relationship | View, ids: Sequence[str], name: str
    ) -> Resource:
        limit = self._query.limit(related.default, related.most)
        offset = self._query.offset()
        wanted = ids[offset : offset + limit]
        if not wanted:
            raise no_related(name)
        page: Resource = {"data": self.listed(related.target, wanted)}
        if offset + limit < len(ids):
            page = {"next": self._query.next_path(href, offset + limit), **page}
        return page

    def _direct(self, kind: Kind, item_id: str) -> Resource:
        return self._resource(kind, item_id, depth=0, direct=True)

    def _resource(self, kind: Kind, item_id: str, *, depth: int, direct: bool) -> Resource:
        item = kind.found[item_id]
        resource = self.identifier(kind.type, item_id)
        extend, fields = (self._wanted(name, kind, depth) for name in ("extend", "fields"))
        attributes = kind.word(self._attributes, item, extend)
        if self._personal is not None:
            attributes |= self._personal.attributes(kind.type, item_id, extend | fields)
        if fields:
            attributes = {name: value for name, value in attributes.items() if name in fields}
        resource["attributes"] = attributes
        relationships = self._relationships(kind, item, depth=depth, direct=direct)
        if relationships:
            resource["relationships"] = relationships
        views = self._views(kind, item, depth=depth)
        if views:
            resource["views"] = views
        return resource

    def _relationships(self, kind: Kind, item: Any, *, depth: int, direct: bool) -> Resource:
        include = self._wanted("include", kind, depth) if depth < _DEEPEST else set()
        relate = self._wanted("relate", kind, depth)
        found: Resource = {}
        for name, relationship in kind.relationships.items():
            shown = relationship.shown if direct else Shown.NOTHING
            if name in include:
                shown = Shown.FULL
            elif shown is Shown.NOTHING and (name in relate or relationship.inlined):
                shown = Shown.IDS
            if shown is not Shown.NOTHING:
                found[name] = self._relationship(kind, item, name, shown=shown, depth=depth)
        if self._personal is not None and "library" in include | relate:
            item_id = _id(item)
            data = self._personal.library(kind.type, item_id)
            found["library"] = {"href": f"{self.href(kind.type, item_id)}/library", "data": data}
        return found

    def _relationship(
        self, kind: Kind, item: Any, name: str, *, shown: Shown, depth: int
    ) -> Resource:
        relationship = kind.relationships[name]
        href = f"{self.href(kind.type, _id(item))}/{name}"
        default = relationship.default
        if depth and relationship.inlined:
            default = relationship.inlined
        limit = self._limit(kind, name, default, relationship.most, depth)
        ids = relationship.ids(item)
        target = self._kinds[relationship.target]
        found: Resource = {"href": href}
        if limit < len(ids):
            found["next"] = self._query.next_path(href, limit)
        found["data"] = [
            self._resource(target, related, depth=depth + 1, direct=False)
            if shown is Shown.FULL
            else self.identifier(target.type, related)
            for related in ids[:limit]
        ]
        return found

    def _views(self, kind: Kind, item: Any, *, depth: int) -> Resource:
        wanted = self._wanted("views", kind, depth)
        found: Resource = {}
        if not wanted:
            return found
        for name, view in kind.views.items():
            if name not in wanted:
                continue
            href = f"{self.href(kind.type, _id(item))}/view/{name}"
            limit = self._limit(kind, name, view.default, view.most, depth)
            ids = view.ids(item)
            target = self._kinds[view.target]
            found[name] = {"href": href, "attributes": {"title": view.title}}
            if limit < len(ids):
                found[name]["next"] = self._query.next_path(href, limit)
            found[name]["data"] = [
                self._resource(target, related, depth=depth + 1, direct=False)
                for related in ids[:limit]
            ]
        return found

    def _limit(self, kind: Kind, name: str, default: int, most: int, depth: int) -> int:
        typed = f"limit[{kind.type}:{name}]"
        if typed in self._query:
            return self._query.limit(default, most, typed)
        return default if depth else self._query.limit(default, most, f"limit[{name}]")

    def _wanted(self, parameter: str, kind: Kind, depth: int) -> set[str]:
        key = parameter, kind.type, depth == 0
        if key not in self._known:
            asked = self._asked[parameter]
            self._known[key] = {
                *asked.get(kind.type, ()),
                *(asked.get("", ()) if depth == 0 else ()),
            }
        return self._known[key]


def _id(item: Any) -> str:
    found = item[0] if isinstance(item, tuple) else item.id
    return str(found)
