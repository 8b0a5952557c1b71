"""Keyset paging: each row exactly once in every offered ordering, at any depth, while others write.

The key of a page is the values of the ordering columns of its last row, ended by the primary key; NULLs come last in
either direction on both databases. The cursor is encrypted: it holds values of rows (an index date, an age) that the
reader of a link need not be allowed to see.
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.core.exceptions import FieldDoesNotExist, ObjectDoesNotExist, ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.utils.translation import gettext as _
from rest_framework.pagination import BasePagination
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from registry.core.api import problems

LARGEST_PAGE = 500
PARAMETERS = ("cursor", "page_size", "ordering")


@dataclass(frozen=True)
class Column:
    """One column of the key: its path, its direction, and whether it can be NULL."""

    path: str
    descending: bool
    nullable: bool
    field: models.Field

    def order_by(self, *, backward: bool) -> Any:
        descending = self.descending != backward
        nulls = {} if not self.nullable else {"nulls_first": True} if backward else {"nulls_last": True}
        return F(self.path).desc(**nulls) if descending else F(self.path).asc(**nulls)

    def equals(self, value: Any) -> Q:
        return Q(**{f"{self.path}__isnull": True}) if value is None else Q(**{self.path: value})

    def beyond(self, value: Any, *, backward: bool, or_equal: bool = False) -> Q | None:
        """Rows behind this value in reading direction (or level with it); ``None`` where there can be none."""
        if value is None:
            if not backward:
                return Q(**{f"{self.path}__isnull": True}) if or_equal else None
            return Q() if or_equal else Q(**{f"{self.path}__isnull": False})
        lookup = "lt" if self.descending != backward else "gt"
        condition = Q(**{f"{self.path}__{lookup}{'e' if or_equal else ''}": value})
        if self.nullable and not backward:
            condition |= Q(**{f"{self.path}__isnull": True})
        return condition

    def value_of(self, row: Any) -> Any:
        for step in self.path.split("__"):
            try:
                row = getattr(row, step)
            except ObjectDoesNotExist:
                return None
            if row is None:
                return None
        return row


def column_at(model: type[models.Model], path: str, *, descending: bool) -> Column:
    """The column at the end of a path such as ``patient__registry_id``; nullable if any step is."""
    nullable, at, found = False, model, None
    for step in path.split("__"):
        found = at._meta.pk if step == "pk" else at._meta.get_field(step)
        if found is None or not hasattr(found, "null"):
            raise FieldDoesNotExist(path)
        nullable = nullable or found.null
        at = found.related_model or at
    return Column(path, descending, nullable, found)  # type: ignore[arg-type]


def behind(key: list[Column], values: list[Any], *, backward: bool) -> Q | None:
    """The rows behind a key in reading direction; ``None`` where there can be none."""
    if not any(column.nullable for column in key) and len({column.descending for column in key}) == 1:
        # One row comparison, which an index over the columns answers by itself.
        if len(key) == 1:
            return key[0].beyond(values[0], backward=backward)
        comparison = TupleLessThan if key[0].descending != backward else TupleGreaterThan
        return Q(comparison(Tuple(*(F(column.path) for column in key)), tuple(values)))
    condition: Q | None = None
    level = Q()
    for column, value in zip(key, values, strict=True):
        further = column.beyond(value, backward=backward)
        if further is not None:
            condition = level & further if condition is None else condition | (level & further)
        level &= column.equals(value)
    # The bound on the first column follows from the rest; without it the OR would scan.
    bound = key[0].beyond(values[0], backward=backward, or_equal=True)
    return condition if condition is None or bound is None else bound & condition


class Cursor:
    """Packs and unpacks the key of a page."""

    @staticmethod
    def _box() -> Fernet:
        key = hashlib.sha256(f"api-cursor:{settings.SECRET_KEY}".encode()).digest()
        return Fernet(base64.urlsafe_b64encode(key))

    @classmethod
    def pack(cls, what: str, key: list[Column], row: Any, *, backward: bool) -> str:
        values = []
        for column in key:
            value = column.value_of(row)
            values.append(value if value is None or isinstance(value, bool | int | str) else str(value))
        content = json.dumps([what, backward, values], separators=(",", ":"))
        return cls._box().encrypt(content.encode()).decode().rstrip("=")

    @classmethod
    def unpack(cls, text: str, what: str, key: list[Column]) -> tuple[bool, list[Any]]:
        """The direction and the values; 400 for a cursor that is not ours or belongs to another list."""
        try:
            content = cls._box().decrypt((text + "=" * (-len(text) % 4)).encode())
            belongs_to, backward, values = json.loads(content)
            if belongs_to != what or len(values) != len(key):
                raise ValueError
            typed = [
                None if value is None else column.field.to_python(value)
                for column, value in zip(key, values, strict=True)
            ]
        except (InvalidToken, ValueError, TypeError, ValidationError):
            message = _(
                "This cursor does not belong to this list. Follow “next” and “previous” as they were given."
            )
            raise problems.invalid({"cursor": [message]}) from None
        return bool(backward), typed


class KeysetPagination(BasePagination):
    """``{"next", "previous", "results"}``; parameters ``page_size``, ``ordering`` and the cursor in the links."""

    page_size = 100
    display_page_controls = False

    def paginate_queryset(self, queryset, request, view=None):
        self.url = request.build_absolute_uri()
        size = self.size(request)
        self.key = self.key_of(view, request, queryset.model)
        what = self.label(queryset.model)
        text = request.query_params.get("cursor")
        backward, values = Cursor.unpack(text, what, self.key) if text is not None else (False, None)
        rows = queryset.order_by(*(column.order_by(backward=backward) for column in self.key))
        if values is not None:
            condition = behind(self.key, values, backward=backward)
            rows = rows.none() if condition is None else rows.filter(condition)
        page = list(rows[: size + 1])
        more = len(page) > size
        page = page[:size]
        if backward:
            page.reverse()
        self.next_cursor = self.previous_cursor = None
        if page:
            if more or backward:
                self.next_cursor = Cursor.pack(what, self.key, page[-1], backward=False)
            if (more and backward) or (text is not None and not backward):
                self.previous_cursor = Cursor.pack(what, self.key, page[0], backward=True)
        return page

    def label(self, model: Any) -> str:
        ordering = ",".join(f"{'-' if column.descending else ''}{column.path}" for column in self.key)
        return f"{model._meta.label_lower}:{ordering}"

    @staticmethod
    def size(request: Any) -> int:
        text = request.query_params.get("page_size")
        if text is None:
            return KeysetPagination.page_size
        if not text.isascii() or not text.isdigit() or len(text) > 4 or not 1 <= int(text) <= LARGEST_PAGE:
            message = _("Enter a whole number from 1 to %(most)d.") % {"most": LARGEST_PAGE}
            raise problems.invalid({"page_size": [message]})
        return int(text)

    @staticmethod
    def key_of(view: Any, request: Any, model: Any) -> list[Column]:
        """The columns asked for, ended by the primary key so that no two rows are equal."""
        asked = request.query_params.get("ordering")
        names = list(view.default_ordering) if asked is None else asked.split(",")
        key: list[Column] = []
        for name in names:
            path = view.orderings.get(name.removeprefix("-"))
            if path is None or path in {column.path for column in key}:
                known = ", ".join(sorted(view.orderings)) or "–"
                message = _(
                    "“%(name)s” is not offered (or stands twice). Offered, each also with “-”: %(known)s."
                )
                raise problems.invalid({"ordering": [message % {"name": name[:40], "known": known}]})
            view.check_ordering(name.removeprefix("-"))
            key.append(column_at(model, path, descending=name.startswith("-")))
        last = key[-1].descending if key else False
        return [*key, column_at(model, "pk", descending=last)]

    def get_paginated_response(self, data):
        return Response(
            {
                "next": self.link(self.next_cursor),
                "previous": self.link(self.previous_cursor),
                "results": data,
            }
        )

    def link(self, cursor: str | None) -> str | None:
        if cursor is None:
            return None
        return replace_query_param(remove_query_param(self.url, "cursor"), "cursor", cursor)

    # -- what the API's description says -------------------------------------------------------------------------

    def get_paginated_response_schema(self, schema):
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view):
        offered = [sign + name for name in sorted(view.orderings) for sign in ("", "-")]
        described = [
            ("cursor", "Set by the links “next” and “previous”.", {"type": "string"}),
            (
                "page_size",
                "Rows per page.",
                {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": self.page_size},
            ),
            (
                "ordering",
                f"One or more, joined by commas; “-” turns the order round; empty values come last: "
                f"{', '.join(offered)}.",
                {"type": "string"},
            ),
        ]
        return [
            {"name": name, "in": "query", "required": False, "description": text, "schema": schema}
            for name, text, schema in described
            if name != "ordering" or offered
        ]
