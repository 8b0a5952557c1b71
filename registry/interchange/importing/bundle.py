"""Case bundles: one JSON or YAML document with patients and everything that belongs to them.

    {"format": "case-bundle/1", "patients": [{"sex": "female", "cases": [{"case_number": 1, "lesions": [{…}], …}]}]}

Names of values are those of the tables. YAML is read as plain text and structure: no tags, no anchors, no aliases, and
no guessing (“no” is a word until a yes-or-no field reads it).
"""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Literal

import yaml
from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, ValidationError

from registry.interchange.importing.csv_file import decoded
from registry.interchange.importing.findings import Findings, Unreadable, shortened
from registry.interchange.importing.layout import Row, columns_of
from registry.interchange.importing.sheets import unknown_column

FORMAT = "case-bundle/1"
#: Patient, case, procedure, treated lesion, cycle, value, and the lists between them.
DEEPEST = 16
#: Digits before or behind the point of a number; none that is kept has nearly as many.
MOST_DIGITS = 40

#: Key in a bundle → table, and what stands beneath rows of it.
_BENEATH: dict[str, dict[str, str]] = {
    "patients": {"cases": "cases"},
    "cases": {
        "lesions": "lesions",
        "treatments": "treatments",
        "procedures": "procedures",
        "assessments": "assessments",
        "followup_status": "followup_status",
    },
    "procedures": {
        "treated_lesions": "treated_lesions",
        "balloon_inflations": "balloon_inflations",
        "transarterial_sessions": "transarterial_sessions",
        "complications": "complications",
    },
    "treated_lesions": {"ablations": "ablations"},
    "transarterial_sessions": {"drugs": "transarterial_drugs"},
}


class Bundle(BaseModel):
    """The outermost shape; what stands within is judged by the tables it fills."""

    model_config = ConfigDict(extra="forbid")

    format: Literal["case-bundle/1"]
    patients: list[dict[str, Any]]


def rows_of(name: str, content: bytes, findings: Findings, most_rows: int) -> Iterator[Row]:
    """The rows of a bundle; raises ``Unreadable``."""
    text, _remarks = decoded(content)
    data = _json(text) if name.casefold().endswith(".json") else _yaml(text)
    broken = list(_unkeepable(data))
    for path in broken:
        findings.say(name, path, "", _("There are characters here that cannot be kept."))
    if broken:
        return
    try:
        bundle = Bundle.model_validate(data)
    except ValidationError as error:
        for found in error.errors(include_url=False):
            findings.say(name, ".".join(map(str, found["loc"])) or "document", "", _shape(found))
        return
    count = 0
    for at, patient in enumerate(bundle.patients):
        for row in _rows(name, "patients", patient, f"patients[{at}]", None, findings):
            count += 1
            if count > most_rows:
                raise Unreadable(
                    _("The bundle has more than %(most)d records. Split it.") % {"most": most_rows}
                )
            yield row


def _unkeepable(data: Any) -> Iterator[str]:
    """Where text has characters that no database keeps: an escape can say what a file of text cannot hold."""
    waiting = [("", data)]
    while waiting:
        at, part = waiting.pop()
        if isinstance(part, dict):
            if any(_is_unkeepable(str(key)) for key in part):
                yield at or "document"
                continue
            waiting += [(f"{at}.{key}" if at else str(key), value) for key, value in reversed(part.items())]
        elif isinstance(part, list):
            waiting += [(f"{at}[{place}]", value) for place, value in reversed(list(enumerate(part)))]
        elif isinstance(part, str) and _is_unkeepable(part):
            yield at or "document"


def _is_unkeepable(text: str) -> bool:
    """Null characters, and halves of characters."""
    return "\x00" in text or any("\ud800" <= char <= "\udfff" for char in text)


def _shape(found: Any) -> str:
    if found["type"] == "extra_forbidden":
        return _("This key is not known.")
    if found["type"] == "missing":
        return _("This key is missing.")
    if found["loc"] == ("format",):
        return _("The format is “%(format)s”.") % {"format": FORMAT}
    return _("A bundle has the keys “format” and “patients”, a list of records.")


def _rows(
    name: str, table: str, data: dict[str, Any], at: str, owner: Row | None, findings: Findings
) -> Iterator[Row]:
    columns, beneath = columns_of(table), _BENEATH.get(table, {})
    row = Row(table, name, at, {})
    if owner is not None:
        row.owners[row.layout.references[0].field] = owner
    yield row
    for key, value in data.items():
        if key in beneath:
            continue
        if key not in columns.values and key not in columns.names:
            if key not in columns.shown:
                known = sorted({*columns.values, *columns.names, *beneath})
                findings.say(name, at, shortened(key), unknown_column(str(key), known))
        elif isinstance(value, dict) or (
            isinstance(value, list) and any(isinstance(part, dict | list) for part in value)
        ):
            findings.say(name, at, key, _("Enter one value, not a list."))
        elif value is not None and value != "":
            row.cells[key] = value
    for key, below in beneath.items():
        value = data.get(key)
        if value is None or value == "":
            continue
        listed = value if isinstance(value, list) else [value]
        for place, part in enumerate(listed):
            path = f"{at}.{key}[{place}]" if isinstance(value, list) else f"{at}.{key}"
            if not isinstance(part, dict):
                findings.say(name, path, "", _("Enter a record here: names and values."))
                continue
            yield from _rows(name, below, part, path, row, findings)


def _json(text: str) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [key for key, _value in pairs]
        twice = {key for key in names if names.count(key) > 1} if len(set(names)) < len(names) else set()
        if twice:
            raise Unreadable(_("“%(name)s” stands twice in one record.") % {"name": shortened(min(twice))})
        return dict(pairs)

    def number(word: str) -> Decimal:
        # “1e9999999999” is short, and written out it fills the memory.
        found = Decimal(word)
        return found if abs(found.adjusted()) <= MOST_DIGITS else refuse(word)

    def refuse(word: str) -> Any:
        raise Unreadable(_("“%(value)s” is not a number.") % {"value": shortened(word)})

    try:
        return json.loads(text, object_pairs_hook=once, parse_float=number, parse_constant=refuse)
    except json.JSONDecodeError as error:
        raise Unreadable(
            _("The file is no readable JSON: line %(line)d, %(why)s.")
            % {"line": error.lineno, "why": error.msg}
        ) from None
    except (RecursionError, ValueError):
        raise Unreadable(_("The file is nested too deeply, or has numbers that are too long.")) from None


class _Plain(yaml.BaseLoader):
    """Structure and text; everything else is refused before it is built."""

    deep = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            self._refuse(event, _("anchors and aliases are not accepted"))
        tag = getattr(event, "tag", None)
        if tag is not None:
            self._refuse(event, _("tags are not accepted"))
        self.deep += 1
        if self.deep > DEEPEST:
            self._refuse(event, _("nested too deeply"))
        try:
            return super().compose_node(parent, index)
        finally:
            self.deep -= 1

    @staticmethod
    def _refuse(event: Any, why: str) -> None:
        raise yaml.composer.ComposerError(None, None, why, event.start_mark)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        names = [key.value for key, _value in node.value]
        if len({str(name) for name in names}) < len(names):
            self._refuse(node, _("a name stands twice in one record"))
        return super().construct_mapping(node, deep=deep)


def _yaml(text: str) -> Any:
    loader = _Plain(text)
    try:
        return _without_null(loader.get_single_data())
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise Unreadable(
            _("The file is no readable YAML: line %(line)d, %(why)s.")
            % {"line": mark.line + 1 if mark else 0, "why": getattr(error, "problem", None) or error}
        ) from None
    except (RecursionError, ValueError, TypeError):
        raise Unreadable(_("The file is no readable YAML.")) from None
    finally:
        loader.dispose()


def _without_null(data: Any) -> Any:
    """Text “null” or “~” is YAML's way to say nothing."""
    if isinstance(data, dict):
        return {str(key): _without_null(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_without_null(value) for value in data]
    return None if data in ("null", "~", "Null", "NULL") else data
