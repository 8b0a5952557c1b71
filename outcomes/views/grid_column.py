"""How the outcomes grid draws a time point: its column, what is computed in it, and its place in the strip above."""

import datetime
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cases import editor
from cases.views.editor import Block, block_of
from outcomes import grid, plan
from outcomes.codes import OdiBand, TimePoint
from outcomes.models import Assessment
from outcomes.scores import SECTION_NAMES, odi_band, odi_from_sections, pain_change, signed
from registry.core.codes import MISSING_SUFFIX, MissingCode
from registry.core.units import rounded, shown_number
from registry.core.views.segments import draw_as_list


@dataclass(frozen=True)
class Row:
    """One row of the grid: a field, how it is drawn, and the field that says how it was measured."""

    name: str
    drawn: str = "number"
    measured_by: str = ""
    #: A line stands above the row.
    begins: bool = False

    @property
    def wide(self) -> bool:
        """Takes the whole width where a time point is drawn in two columns."""
        return self.name in ("analgesic_scale", "odi", "satisfaction")

    @property
    def of_sections(self) -> bool:
        return self.name in SECTION_NAMES


ROWS = (
    Row("vas_pain", measured_by="pain_instrument", begins=True),
    Row("pain_relief", "choice"),
    Row("analgesic_class", "choice", begins=True),
    Row("analgesic_adjuvant", "answer"),
    Row("analgesic_scale", measured_by="analgesic_scale_version"),
    Row("odi", begins=True),
    *(Row(name) for name in SECTION_NAMES),
    Row("kps"),
    Row("ecog"),
    Row("barthel", measured_by="barthel_version"),
    Row("ambulatory", "answer"),
    Row("satisfaction", "choice", begins=True),
)
#: Rows beneath which something computed stands.
COMPUTED = ("vas_pain", "odi", "kps")
#: What one reason can be given for at once.
GIVEN_AT_ONCE = tuple(row.name for row in ROWS if not row.of_sections)
REASONS = (MissingCode.NOT_DONE, MissingCode.LOST, MissingCode.DIED)
#: Before the procedure nobody is lost or dead.
REASONS_BEFORE = (MissingCode.NOT_DONE, MissingCode.NOT_RECORDED)
#: Within the grid “VAS” says enough of “VAS (100 mm line, one decimal)”.
_BRIEF = ("pain_instrument", "analgesic_scale_version", "barthel_version")


@dataclass(frozen=True)
class Cell:
    """One field of a column."""

    row: Row
    bound: Any
    measured_by: Any
    computed: list[str]


@dataclass(frozen=True)
class Column(Block):
    """One time point as the grid draws it; nothing may be stored for it yet."""

    today: datetime.date

    @property
    def save_url(self) -> str:
        if self.record.pk is None:
            return reverse("assessment-point-save", args=[self.record.case.uuid, self.record.time_point])
        return super().save_url

    @property
    def reasons(self) -> list[tuple[str, Any]]:
        return reasons_of(self.record)

    @property
    def answered(self) -> bool:
        return plan.is_answered(self.record)

    @property
    def point(self) -> str:
        return self.record.time_point

    @property
    def label(self) -> str:
        return capfirst(str(self.record))

    @property
    def window(self) -> str:
        return grid.window_words(self.point, self.record.case.index_day())

    @property
    def timing(self) -> grid.Timing:
        return grid.timing(self.record, self.today)

    @cached_property
    def cells(self) -> list[Cell]:
        computed = computed_lines(self.record)
        return [
            Cell(
                row,
                self.form[row.name],
                self.form[row.measured_by] if row.measured_by else None,
                computed.get(row.name, []),
            )
            for row in ROWS
        ]


def reasons_of(row: Assessment) -> list[tuple[str, Any]]:
    """Why a whole time point may have no scores."""
    reasons = REASONS_BEFORE if row.time_point == TimePoint.BASELINE else REASONS
    return [(code.value, code.label) for code in reasons]


def column_of(record: Assessment, user: Any) -> Column:
    block = block_of(record, user)
    for name, field in block.form.fields.items():
        listed: Any = field
        if name not in ("analgesic_adjuvant", "ambulatory"):
            # In a narrow column a list takes one line where buttons take four.
            draw_as_list(field)
        if name in _BRIEF:
            listed.choices = [(code, _brief(str(label))) for code, label in listed.choices]
        if name.endswith(MISSING_SUFFIX):
            listed.choices = [("", "…"), *list(listed.choices)[1:]]
    return Column(block.record, block.form, block.layout, timezone.localdate())


def _brief(label: str) -> str:
    return label.partition(" (")[0].partition(",")[0]


def computed_lines(row: Assessment) -> dict[str, list[str]]:
    """What is computed beneath each row, in words."""
    return {"vas_pain": _pain_lines(row), "odi": _odi_lines(row), "kps": _kps_lines(row)}


#: Both flags of the responder: at least 2 points, at least 30 % of baseline.
_RESPONDER = {
    (True, True): gettext_lazy("responder (2 points, 30 %)"),
    (True, False): gettext_lazy("responder by 2 points only"),
    (False, True): gettext_lazy("responder by 30 % only"),
    (False, False): gettext_lazy("no responder"),
}


def _pain_lines(row: Assessment) -> list[str]:
    changed = pain_change(row)
    if changed is None:
        return []
    points, percent = changed
    change = signed(points) if percent is None else f"{signed(points)} ({signed(percent)} %)"
    lines = [_("change %(change)s") % {"change": change}]
    flags = (row.derived_value("responder_points"), row.derived_value("responder_30_percent"))
    if None not in flags:
        lines.append(str(_RESPONDER[flags]))
    return lines


def _odi_lines(row: Assessment) -> list[str]:
    lines = []
    answered = sum(getattr(row, name) is not None for name in SECTION_NAMES)
    computed = odi_from_sections(row)
    if computed is not None:
        lines.append(
            ngettext("%(score)s %% from %(n)d section", "%(score)s %% from %(n)d sections", answered)
            % {"score": shown_number(rounded(computed, 1)), "n": answered}
        )
    band = odi_band(computed if row.odi is None else float(row.odi))
    if band is not None:
        lines.append(str(OdiBand(band).label))
    return lines


def _kps_lines(row: Assessment) -> list[str]:
    ecog = row.derived_value("ecog_from_kps")
    return [] if ecog is None else [_("ECOG %(grade)d derived") % {"grade": ecog}]


# -- the strip of time points ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Point:
    """A time point above the grid: leads to its column, or adds it."""

    key: str
    label: str
    #: The id of its column; empty where it is added first.
    column: str
    #: ``entered``, ``begun``, ``empty`` or ``absent``.
    state: str
    words: str
    add_url: str
    planned: bool


def point_of(row: Assessment, today: datetime.date, *, drawn: bool) -> Point:
    key = str(row.uuid) if row.time_point == TimePoint.UNSCHEDULED else row.time_point
    if not drawn:
        state = "absent"
    elif plan.is_answered(row):
        state = "entered"
    else:
        state = "begun" if editor.has_content(row) else "empty"
    planned = row.time_point in plan.PLAN
    return Point(
        key=key,
        label=capfirst(str(row)),
        column=editor.prefix_of(row) if drawn else "",
        state=state,
        words=grid.timing(row, today).words if planned and state != "entered" else "",
        add_url=reverse("assessment-column", args=[row.case.uuid, row.time_point]),
        planned=planned,
    )


def slots(record: Assessment) -> dict[str, str]:
    """What is drawn anew when an assessment has been saved: also in other columns, as baseline speaks in each."""
    today = timezone.localdate()
    case = record.case
    rows = [record, *(row for row in case.assessments.all() if row.uuid != record.uuid)]
    found: dict[str, str] = {}
    for row in rows:
        prefix = editor.prefix_of(row)
        for name, lines in computed_lines(row).items():
            found[f"calc-{prefix}-{name}"] = render_to_string("outcomes/editor/_calc.html", {"lines": lines})
    prefix = editor.prefix_of(record)
    point = point_of(record, today, drawn=True)
    found[f"timing-{prefix}"] = render_to_string(
        "outcomes/editor/_timing.html", {"timing": grid.timing(record, today)}
    )
    found[f"tools-{prefix}"] = render_to_string(
        "outcomes/editor/_column_tools.html",
        {
            "record": record,
            "prefix": prefix,
            "answered": plan.is_answered(record),
            "reasons": reasons_of(record),
        },
    )
    found[f"point-{point.key}"] = render_to_string("outcomes/editor/_point.html", {"point": point})
    return found
