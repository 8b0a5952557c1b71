"""Templates: an empty file per table, in XLSX with a sheet that explains every column."""

import io
from collections.abc import Iterator

from django.utils.translation import gettext as _

from registry.core.codes import MISSING_SUFFIX, MissingCode
from registry.core.fields import CodeSetField
from registry.core.rules import label_of
from registry.core.units import shown_unit, unit_of
from registry.interchange.importing import wide
from registry.interchange.importing.layout import LAYOUTS, Target, columns_of
from registry.interchange.importing.sheets import WIDE
from registry.research.columns import _type_of, codes_of
from registry.research.ranges import limits_in_words, usual_in_words, usual_ranges

TEMPLATES = (*LAYOUTS, WIDE)
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def head_of(table: str) -> list[str]:
    """The columns of a template, those that name rows first; the reasons for empty values may be added."""
    if table == WIDE:
        return [name for name in wide.names() if not name.endswith(MISSING_SUFFIX)]
    columns = columns_of(table)
    return [*columns.names, *(name for name in columns.values if not name.endswith(MISSING_SUFFIX))]


def template_file(table: str, suffix: str) -> tuple[bytes, str]:
    """The content of a template and its type."""
    if suffix == "csv":
        return ("\ufeff" + ",".join(head_of(table)) + "\r\n").encode(), "text/csv; charset=utf-8"
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    page = book.active
    page.title = table
    page.append(head_of(table))
    page.freeze_panes = "A2"
    for place, name in enumerate(head_of(table), start=1):
        page.column_dimensions[get_column_letter(place)].width = max(12, len(name) + 2)
        page.cell(1, place).font = Font(bold=True)
    notes = book.create_sheet("explanations")
    notes.append([_("Column"), _("Meaning"), _("Type"), _("Unit"), _("Accepted"), _("Usual"), _("Codes")])
    for line in explanations(table):
        notes.append(line)
    for letter, width in zip("ABCDEFG", (34, 40, 12, 8, 26, 26, 80), strict=True):
        notes.column_dimensions[letter].width = width
    for cell in notes[1]:
        cell.font = Font(bold=True)
    for row in notes.iter_rows(min_row=2):
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    notes.freeze_panes = "A2"
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue(), _XLSX


def explanations(table: str) -> Iterator[list[str]]:
    """One line per column: name, meaning, type, unit, accepted and usual range, codes."""
    for name in head_of(table):
        target = _target(table, name)
        if target is None:
            yield [name, _naming_words(name), "", "", "", "", ""]
            continue
        field, model = target.field, target.model
        if field.is_relation:
            yield [name, label_of(model, field.name), "code", "", _("slug or name of a diagnosis"), "", ""]
            continue
        codes = ", ".join(f"{code} ({label})" for code, label in codes_of(field))
        if codes and isinstance(field, CodeSetField):
            codes = _("several, joined by ; – %(codes)s") % {"codes": codes}
        yield [
            name,
            label_of(model, field.name),
            str(_type_of(field)),
            str(shown_unit(unit_of(field.name))),
            limits_in_words(model, field.name),
            usual_in_words(usual_ranges(model, field.name)),
            codes,
        ]
    yield [
        f"…{MISSING_SUFFIX}",
        _("Why the value of that column is missing; the column may be added for every value."),
        "code",
        "",
        "",
        "",
        ", ".join(f"{code} ({label})" for code, label in MissingCode.choices),
    ]


def _target(table: str, name: str) -> Target | None:
    if table != WIDE:
        return columns_of(table).values.get(name)
    place = wide.place_of(name)
    if place is None:
        return None
    steps = [step for step, _key in place.steps]
    return columns_of(steps[-1] if steps else "cases").values.get(place.column)


def _naming_words(name: str) -> str:
    """What a column that names rows is for."""
    if name.endswith("_id") and name != "registry_id":
        return _("Public id of a record that is stored, as exports show it.")
    if name.endswith("_ref"):
        return _("A label of your own for a new row, by which rows of other files name it.")
    if name == "center":
        return _("Code of the centre, for a new patient.")
    if name in ("registry_id", "hospital_number"):
        return _("Names a patient who is stored.")
    return _("Number of the row that this one belongs to.")
