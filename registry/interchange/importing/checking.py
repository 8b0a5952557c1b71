"""The dry run: everything that is wrong, unusual or new about some files, and what they would change."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext as _

from cases.identity import lookup_hashes
from cases.models import Case, Patient
from registry.core import limits, many, records
from registry.core.history import HOUSEKEEPING
from registry.core.rules import label_of, range_of
from registry.core.units import shown_number, shown_unit, unit_of
from registry.interchange.importing.findings import Findings, shortened
from registry.interchange.importing.layout import LAYOUTS
from registry.interchange.importing.planning import Item, Planner, column_of
from registry.interchange.importing.reading import Source, read

#: So many differences are listed; all are counted.
MOST_DIFFERENCES = 2000
#: So many errors and warnings of each kind are listed.
MOST_FINDINGS = 5000
#: Refusals of a reader that name no range themselves.
_UNREAD = ("invalid", "max_decimal_places")


@dataclass
class Report:
    """What the dry run found. Values that identify stand in it, so it is kept beside the files and goes with them."""

    errors: list[dict[str, Any]] = field(default_factory=list)
    error_count: int = 0
    warnings: list[dict[str, Any]] = field(default_factory=list)
    warning_count: int = 0
    remarks: list[tuple[str, str]] = field(default_factory=list)
    differences: list[dict[str, Any]] = field(default_factory=list)
    difference_count: int = 0
    #: Table → new, changed, unchanged.
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    rows: int = 0
    reason_needed: bool = False
    only_new: bool = True
    centers: list[int] = field(default_factory=list)
    #: Public ids of the stored records that are involved, with the versions that were read.
    versions: dict[str, int] = field(default_factory=dict)
    #: Row → what its records hang on, see ``whereto``.
    leads_to: dict[str, list[str]] = field(default_factory=dict)

    @property
    def is_ready(self) -> bool:
        return not self.error_count and bool(self.counts)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def total(self) -> dict[str, int]:
        found = {"new": 0, "changed": 0, "unchanged": 0}
        for counted in self.counts.values():
            for name, number in counted.items():
                found[name] += number
        return found


@dataclass
class Checked:
    """The report, and what would be written."""

    report: Report
    items: list[Item]
    proposals: list[many.Proposed]


def plan(sources: Iterable[Source], centers: list[Any], findings: Findings) -> tuple[Any, Planner]:
    """Read the files and find the records."""
    found = read(sources, findings)
    planner = Planner(found.rows, centers, findings)
    planner.plan()
    return found, planner


def check(
    sources: Iterable[Source],
    *,
    by: Any,
    centers: list[Any],
    watch: Callable[[int, int], None] | None = None,
) -> Checked:
    """Judge the files as the write door will; nothing is written."""
    findings, warnings = Findings(), Findings()
    found, planner = plan(sources, centers, findings)
    leads_to = whereto(planner.items)
    proposals = [many.Proposed(item.record, item.expected_version) for item in planner.items]
    items = {id(item.record): item for item in planner.items}
    total = len(proposals)
    judged = many.check_many(
        proposals, by=by, reason_later=True, watch=(lambda done: watch(done, total)) if watch else None
    )
    said = findings.places()  # what could not even be taken for a value needs no second refusal
    for refusal in judged.refusals:
        item = items[id(refusal.record)]
        for column, message in messages_of(item, refusal.error):
            if (item.row.file, item.row.at, column) not in said:
                findings.say(item.row.file, item.row.at, column, message)
    if not found.rows and not findings:
        findings.say(next((source.name for source in sources), ""), "", "", _("The files hold no rows."))
    report = Report(rows=len(found.rows), remarks=found.remarks, reason_needed=judged.reason_needed)
    report.leads_to = leads_to
    _count(report, judged, items)
    report.only_new = not judged.would.changed
    if not findings:
        _warn(judged, items, warnings)
        _compare(report, judged, items)
    report.errors = [each.as_json() for each in findings.listed()[:MOST_FINDINGS]]
    report.error_count = len(findings)
    report.warnings = [each.as_json() for each in warnings.listed()[:MOST_FINDINGS]]
    report.warning_count = len(warnings)
    report.versions = {
        str(item.record.uuid): item.expected_version
        for item in planner.items
        if item.expected_version is not None
    }
    centers_touched = {item.record.center_id_of() for item in planner.items if not findings}
    report.centers = sorted(center for center in centers_touched if center is not None)
    return Checked(report, planner.items, proposals)


def place_of(item: Item) -> str:
    """The row of a record, as a key."""
    return f"{item.row.file}|{item.row.at}"


def whereto(items: Iterable[Item]) -> dict[str, list[str]]:
    """Row → the stored cases and patients that its records belong to; the centre, where a patient is new."""
    found: dict[str, set[str]] = defaultdict(set)
    for item in items:
        top: Any = item.record.aggregate_root()
        if isinstance(top, Case) and top._state.adding:
            top = top.patient
        found[place_of(item)].add(f"{top.center_id}" if top._state.adding else str(top.uuid))
    return {place: sorted(names) for place, names in found.items()}


def messages_of(item: Item, error: Exception) -> list[tuple[str, str]]:
    """Column and message of each thing that a refusal says."""
    if isinstance(error, records.Conflict):
        return [("", _("This record has changed since the check. Check the files again."))]
    if not isinstance(error, ValidationError):
        return [("", str(error))]
    if not hasattr(error, "error_dict"):
        return [("", message) for message in error.messages]
    model = type(item.record)
    found = []
    for name, listed in error.error_dict.items():
        column = "" if name in (NON_FIELD_ERRORS, "missing") else column_of(item, name)
        for each in listed:
            for message in each.messages:
                text = str(message)
                if each.code in _UNREAD and column:
                    text = f"{text} {_accepted(model, name)}".strip()
                found.append((column, text))
    return found


def _accepted(model: Any, name: str) -> str:
    """The accepted range, for values that could not even be read."""
    span = range_of(model, name)
    if span is None:
        return ""
    unit = shown_unit(unit_of(name))
    return _("Accepted: %(range)s.") % {"range": f"{span.range_text()} {unit}".rstrip()}


def _count(report: Report, judged: many.Judged, items: dict[int, Item]) -> None:
    """Rows by what becomes of them; a procedure with its details is one row."""
    fate: dict[int, tuple[str, str]] = {}
    order = {"new": 0, "changed": 1, "unchanged": 2}
    groups = {
        "new": judged.would.created,
        "changed": judged.would.changed,
        "unchanged": judged.would.unchanged,
    }
    for name, group in groups.items():
        for record in group:
            row = items[id(record)].row
            known = fate.get(id(row))
            # Details that are new to a stored procedure change it.
            if known is not None and {known[1], name} == {"new", "unchanged"}:
                fate[id(row)] = (row.table, "changed")
            elif known is None or (order[name] < order[known[1]] and known[1] != "changed"):
                fate[id(row)] = (row.table, name)
    counts: dict[str, dict[str, int]] = defaultdict(lambda: {"new": 0, "changed": 0, "unchanged": 0})
    for table, name in fate.values():
        counts[table][name] += 1
    report.counts = {table: counts[table] for table in LAYOUTS if table in counts}


def _warn(judged: many.Judged, items: dict[int, Item], warnings: Findings) -> None:
    """Unusual values, and patients whose hospital number is known."""
    for record in (*judged.would.created, *judged.would.changed):
        item = items[id(record)]
        for crossing in limits.unconfirmed(record):
            warnings.say(item.row.file, item.row.at, column_of(item, crossing.field), crossing.message)
    _warn_of_twins(judged, items, warnings)


def _warn_of_twins(judged: many.Judged, items: dict[int, Item], warnings: Findings) -> None:
    new = [row for row in judged.would.created if isinstance(row, Patient) and row.hospital_number_hash]
    hashes = {
        each: patient.hospital_number_hash
        for patient in new
        for each in lookup_hashes(patient.center_id, patient.hospital_number)
    }
    if not hashes:
        return
    known = Patient.objects.filter(
        center__in={patient.center_id for patient in new}, hospital_number_hash__in=hashes
    )
    registry_ids = {
        hashes[stored]: registry_id
        for stored, registry_id in known.values_list("hospital_number_hash", "registry_id")
    }
    seen: dict[str, str] = {}
    for patient in new:
        item, key = items[id(patient)], patient.hospital_number_hash
        column = item.row.called("hospital_number")
        if key in registry_ids:
            text = _("A patient with this hospital number is there: %(id)s.") % {"id": registry_ids[key]}
            warnings.say(item.row.file, item.row.at, column, text)
        elif key in seen:
            text = _("This hospital number stands in row %(row)s too.") % {"row": seen[key]}
            warnings.say(item.row.file, item.row.at, column, text)
        seen.setdefault(key, item.row.at)


def _compare(report: Report, judged: many.Judged, items: dict[int, Item]) -> None:
    """Cell by cell what changes in stored records."""
    for record in judged.would.changed:
        item, stored = items[id(record)], judged.family.stored(record)
        for name, before, after in _differences(stored, record):
            report.difference_count += 1
            if len(report.differences) < MOST_DIFFERENCES:
                report.differences.append(
                    {
                        "file": item.row.file,
                        "row": item.row.at,
                        "record": _named(record),
                        "column": column_of(item, name.removesuffix("__missing"))
                        + ("__missing" if name.endswith("__missing") else ""),
                        "label": label_of(type(record), name.removesuffix("__missing")),
                        "before": before,
                        "after": after,
                    }
                )


def _differences(stored: Any, record: Any) -> Iterable[tuple[str, str, str]]:
    hidden = {*record.not_in_history, *getattr(record, "secret_in_history", {})}
    for each in records._changed_fields(stored, record):
        if each.name in HOUSEKEEPING:
            continue
        if each.name in hidden:
            if each.name in record.not_in_history:
                yield each.name, _("(not shown)"), _("(not shown)")
            continue
        yield each.name, _shown(stored, each), _shown(record, each)
    before, after = stored.missing or {}, record.missing or {}
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            yield f"{name}__missing", str(before.get(name, "")), str(after.get(name, ""))


def _shown(record: Any, each: Any) -> str:
    value = getattr(record, each.name)
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int | float) or hasattr(value, "as_tuple"):
        return str(shown_number(value))
    return shortened(value)


def _named(record: Any) -> str:
    """A record as a reader finds it: the patient's id and what it is."""
    root = record.aggregate_root()
    if root is record:
        return str(record)
    return f"{root} · {record}"
