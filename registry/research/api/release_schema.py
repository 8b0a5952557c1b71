"""How releases are described in the API's description."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter

from registry.core.api.schema import RecordSchema
from registry.research.releases.difference import LISTED
from registry.research.releases.wish import LONGEST_AUTHOR

_TEXT, _NUMBER, _BOOLEAN = {"type": "string"}, {"type": "integer"}, {"type": "boolean"}
_TEXTS = {"type": "array", "items": _TEXT}


def _object(
    properties: dict[str, Any], text: str = "", needed: tuple[str, ...] | None = None
) -> dict[str, Any]:
    shape: dict[str, Any] = {"type": "object", "properties": properties}
    if needed is None or needed:
        shape["required"] = list(properties) if needed is None else list(needed)
    return {**shape, "description": text} if text else shape


def _list(items: dict[str, Any], text: str = "") -> dict[str, Any]:
    shape: dict[str, Any] = {"type": "array", "items": items}
    return {**shape, "description": text} if text else shape


FILES = _list(
    _object(
        {
            "file": _TEXT,
            "table": {**_TEXT, "description": "Empty for what is no table."},
            "key": {**_TEXT, "description": "The column that names a row."},
            "rows": {"type": ["integer", "null"]},
            "bytes": _NUMBER,
            "sha256": _TEXT,
            "url": {
                "type": ["string", "null"],
                "description": "Where it is fetched; null while it is withheld.",
            },
        }
    )
)
RESULTS = _list({"type": "object", "additionalProperties": True}, "The main results, with their n.")
_CELL = _object({"key": _TEXT, "column": _TEXT, "before": _TEXT, "after": _TEXT})
_TABLE = _object(
    {
        "table": _TEXT,
        "key": _TEXT,
        **dict.fromkeys(
            ("rows_before", "rows_after", "added", "removed", "changed_rows", "changed_cells"), _NUMBER
        ),
        **dict.fromkeys(("columns_added", "columns_removed", "rows_added", "rows_removed"), _TEXTS),
        "cells": _list(_CELL),
        "withheld": {
            **_NUMBER,
            "description": "Rows of patients who withdrew their consent: neither compared nor named.",
        },
        "listed_all": {**_BOOLEAN, "description": "Whether every row and cell that is counted is listed."},
    }
)
RERUN = {
    "anyOf": [
        _object(
            {
                "state": {**_TEXT, "enum": ["waiting", "running", "done", "failed"]},
                "at": {**_TEXT, "format": "date-time"},
                "by": _TEXT,
                "same": {**_BOOLEAN, "description": "Every file was rebuilt with the same SHA-256."},
                "whole": {**_BOOLEAN, "description": "Every stored file is what its SHA-256 says."},
                "software": {**_TEXT, "description": "The version that rebuilt it."},
                "manifest_sha256": _TEXT,
                "message": _TEXT,
                "files": _list(
                    _object(
                        {
                            "file": _TEXT,
                            "same": _BOOLEAN,
                            "whole": _BOOLEAN,
                            "sha256": _TEXT,
                            "rebuilt_sha256": _TEXT,
                            "difference": _TABLE,
                            "line": {
                                "type": ["object", "null"],
                                "description": "The first line that differs.",
                            },
                        },
                        needed=("file", "same", "whole", "sha256", "rebuilt_sha256"),
                    )
                ),
            },
            needed=("state", "at", "by"),
        ),
        {"type": "null"},
    ]
}
_RELEASE = _object(
    {
        "slug": _TEXT,
        "title": _TEXT,
        "created_at": {**_TEXT, "format": "date-time"},
        "change": _NUMBER,
        "sentence": _TEXT,
        "manifest_sha256": _TEXT,
    }
)
DIFF = _object(
    {
        "before": _RELEASE,
        "after": _RELEASE,
        "same": _BOOLEAN,
        "same_definition": _BOOLEAN,
        "same_centers": _BOOLEAN,
        "tables": _list(_TABLE),
        "results": _list(
            _object(
                {
                    **dict.fromkeys(("result", "label", "unit", "time_point", "group"), _TEXT),
                    "moved": {
                        "type": "object",
                        "additionalProperties": _object({"before": {}, "after": {}}),
                        "description": "Every number that moved, with what it was and what it is.",
                    },
                }
            ),
            "The main results that moved.",
        ),
    }
)
BODY = {
    "application/json": _object(
        {
            "cohort": {**_TEXT, "description": "Short name of a cohort that you may see."},
            "version": {**_NUMBER, "description": "Another version than the one in force."},
            "title": {**_TEXT, "description": "That of the cohort, where nothing is said."},
            "authors": _list(
                {**_TEXT, "maxLength": LONGEST_AUTHOR}, "Each “Family, Given”; a group without a comma."
            ),
            "notes": _TEXT,
            "token": {
                **_TEXT,
                "format": "uuid",
                "description": "Of your own making: the same request twice makes one release.",
            },
        },
        needed=("cohort", "authors"),
    )
}
EXAMPLE = OpenApiExample(
    "A cohort frozen",
    request_only=True,
    value={
        "cohort": "sacroplasty-from-60",
        "title": "Sacroplasty from 60",
        "authors": ["Curie, Marie", "Spine Study Group"],
        "notes": "As submitted.",
    },
)
DIFF_PARAMETERS = [
    OpenApiParameter("table", str, description="One table instead of all."),
    OpenApiParameter(
        "limit", int, description=f"Rows and cells listed of each table; {LISTED:,} where nothing is said."
    ),
]


class ReleaseSchema(RecordSchema):
    """A release is made and rebuilt, never changed."""

    def get_override_parameters(self) -> list[Any]:
        return []

    def get_description(self) -> str:  # type: ignore[override]
        operation = getattr(self.view, self.view.action)
        return (operation.__doc__ or type(self.view).__doc__ or "").strip()

    def get_summary(self) -> str | None:
        operation = getattr(self.view, getattr(self.view, "action", ""), None)
        return getattr(operation, "summary", None) or super().get_summary()
