"""How cohorts are described in the API's description: the definition that is sent, and the counts that come back."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

from registry.core.api.schema import RecordSchema, refusals
from registry.research.cohorts.checking import DEEPEST, MOST_CONDITIONS
from registry.research.cohorts.counts import MOST_COUNTED
from registry.research.cohorts.document import FORMAT, LONGEST_NOTE, LONGEST_TITLE, MOST_ARMS, Have, How
from registry.research.cohorts.operators import Operator

_TEXT, _NUMBER = {"type": "string"}, {"type": "integer"}


def _object(
    properties: dict[str, Any], *, needed: tuple[str, ...] | None = None, text: str = ""
) -> dict[str, Any]:
    shape: dict[str, Any] = {"type": "object", "properties": properties}
    required = list(properties) if needed is None else list(needed)
    if required:
        shape["required"] = required
    return {**shape, "description": text} if text else shape


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


_WHERE = {
    "type": "object",
    "description": (
        f"A group: exactly one of {', '.join(How)}, with a list of parts. A part is another group; a condition "
        f"{{variable, is, value}} with a variable of the codebook and one of {', '.join(Operator)}; or a block "
        f"{{rows, have, where}} about the rows of a table below the case ({', '.join(Have)}). Groups and blocks nest "
        f"at most {DEEPEST} deep; a definition holds at most {MOST_CONDITIONS} conditions."
    ),
    "additionalProperties": True,
}
#: What is sent: the definition itself, and whether it is shared.
BODY = {
    "application/json": _object(
        {
            "format": {"type": "integer", "enum": [FORMAT]},
            "title": {**_TEXT, "maxLength": LONGEST_TITLE, "description": "Needed to keep a cohort."},
            "note": {**_TEXT, "maxLength": LONGEST_NOTE},
            "where": _WHERE,
            "arms": {
                **_list(_object({"code": _TEXT, "label": _TEXT, "where": _WHERE}, needed=("code", "where"))),
                "maxItems": MOST_ARMS,
            },
            "shared": {
                "type": "boolean",
                "description": "Whether everyone signed in may read the definition. No part of it.",
            },
        },
        needed=("where",),
        text="The definition of a cohort.",
    )
}
COUNTS = _object(
    {
        "sentence": {**_TEXT, "description": "The definition as one sentence."},
        "cases": _NUMBER,
        "patients": _NUMBER,
        "lesions": _NUMBER,
        "available": {**_NUMBER, "description": "Every case that you may use, before any condition."},
        "conditions": {
            **_list(_object({"path": _TEXT, "condition": _TEXT, "cases": _NUMBER})),
            "description": (
                f"Cases of which each condition, group or block holds by itself; the first {MOST_COUNTED}, and none "
                "of what stands in a block."
            ),
        },
        "arms": _list(
            _object(
                {
                    "code": _TEXT,
                    "label": _TEXT,
                    "condition": _TEXT,
                    "cases": _NUMBER,
                    "patients": _NUMBER,
                    "lesions": _NUMBER,
                }
            )
        ),
        "without_arm": {**_NUMBER, "description": "Cases of the cohort that are in none of its arms."},
        "overlaps": _list(_object({"arms": _list(_TEXT), "cases": _NUMBER})),
        "publications": _list(_object({"publication": _TEXT, "cases": _NUMBER})),
        "warnings": _list(_TEXT),
    }
)
VERSIONS = _list(
    _object(
        {"version": _NUMBER, "at": {**_TEXT, "format": "date-time"}, "by": _TEXT, "sha256": _TEXT},
    )
)
EXAMPLES = [
    OpenApiExample(
        "Sacroplasty from 60, with two arms",
        request_only=True,
        value={
            "format": FORMAT,
            "title": "Sacroplasty from 60",
            "where": {
                "all": [
                    {
                        "variable": "cases.strategy",
                        "is": "in",
                        "value": ["sacroplasty", "sacroplasty+rfa"],
                    },
                    {"variable": "cases.age_years", "is": ">=", "value": 60},
                    {
                        "rows": "lesions",
                        "have": "any",
                        "where": {"all": [{"variable": "lesions.zone_central", "is": "=", "value": True}]},
                    },
                ]
            },
            "arms": [
                {
                    "code": "A",
                    "label": "with RFA",
                    "where": {"all": [{"variable": "cases.strategy", "is": "=", "value": "sacroplasty+rfa"}]},
                },
                {
                    "code": "B",
                    "label": "alone",
                    "where": {"all": [{"variable": "cases.strategy", "is": "=", "value": "sacroplasty"}]},
                },
            ],
        },
    ),
    OpenApiExample(
        "Pain recorded at three months",
        request_only=True,
        value={
            "title": "Pain recorded at three months",
            "where": {
                "all": [
                    {
                        "rows": "assessments",
                        "have": "any",
                        "where": {
                            "all": [
                                {"variable": "assessments.time_point", "is": "=", "value": "month_3"},
                                {"variable": "assessments.vas_pain", "is": "recorded"},
                            ]
                        },
                    }
                ]
            },
        },
    ),
]


def answers(status: int, shape: Any) -> dict[Any, Any]:
    """The answer that is hoped for, and the refusals."""
    return {status: shape if not isinstance(shape, dict) else OpenApiResponse(shape), **refusals("PUT")}


class CohortSchema(RecordSchema):
    """A cohort is changed as a whole, and its versions are numbered by the registry."""

    VERSION = OpenApiParameter("version", int, description="Another version than the one in force.")

    def get_override_parameters(self) -> list[Any]:
        if self.method != "PUT":
            return []
        return [
            OpenApiParameter(
                "If-Match",
                str,
                OpenApiParameter.HEADER,
                description='The version that the change was made from, as "3"; another one since is a conflict.',
            )
        ]

    def get_description(self) -> str:  # type: ignore[override]
        operation = getattr(self.view, self.view.action)
        return (operation.__doc__ or type(self.view).__doc__ or "").strip()

    def get_summary(self) -> str | None:
        if getattr(self.view, "action", "") == "preview":
            return "Count what a definition finds"
        return super().get_summary()
