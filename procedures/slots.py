"""Parts of the section of procedures that are drawn anew after a save: what was computed, offered, or judged elsewhere.

Every function takes a record of a loaded case and answers with the HTML of the parts by element id.
"""

from typing import Any

from django.template.loader import render_to_string

from cases import editor
from cases.models import Lesion
from cases.views.editor import block_of
from procedures import codes, index_date
from procedures.models import Ablation, BalloonInflation, Procedure, TreatedLesion
from procedures.views import parts


def of_procedure(procedure: Procedure) -> dict[str, str]:
    prefix = editor.prefix_of(procedure)
    found = {
        f"index-{prefix}": _draw("index_date", index=index_date.standing(procedure)),
        f"offer-{prefix}": _draw("offer", procedure=procedure, lesions=parts.untreated(procedure)),
        f"unusual-{prefix}": _draw("unusual", unusual=parts.unusual(procedure, "kind")),
    }
    if procedure.kind == codes.Kind.REBOA:
        found |= of_occlusion(procedure)
        for row in procedure.balloon_inflations.all():
            found |= of_spell(row)
    return found


def of_occlusion(procedure: Procedure) -> dict[str, str]:
    """Buttons and picture of the timeline."""
    prefix, occlusion = editor.prefix_of(procedure), parts.occlusion(procedure)
    return {
        f"controls-{prefix}": _draw("controls", occlusion=occlusion),
        f"picture-{prefix}": _draw("picture", occlusion=occlusion),
    }


def of_inflation(row: BalloonInflation) -> dict[str, str]:
    """A time of one inflation judges its neighbours and the duration of the procedure too."""
    procedure = row.procedure
    found = {**of_occlusion(procedure), **of_spell(row), **notes(procedure, "duration_min")}
    for other in procedure.balloon_inflations.all():
        if other.pk != row.pk:
            found |= notes(other, "inflated_min")
    return found


def of_treated_lesion(row: TreatedLesion) -> dict[str, str]:
    found = _treated(row)
    for other in row.procedure.treated_lesions.all():
        found[f"sharing-{editor.prefix_of(other)}"] = parts.sharing(other)
    procedure = row.procedure
    found[f"unusual-{editor.prefix_of(procedure)}"] = _draw(
        "unusual", unusual=parts.unusual(procedure, "kind")
    )
    return found


def of_ablation(cycle: Ablation) -> dict[str, str]:
    return {**_treated(cycle.treated_lesion), **notes(cycle.treated_lesion, "ablation_completion")}


def of_lesion(lesion: Lesion) -> dict[str, str]:
    """The longest diameter decides how far cement fills the lesion."""
    found: dict[str, str] = {}
    for procedure in lesion.case.procedures.all():
        for row in procedure.treated_lesions.all():
            if row.lesion_id == lesion.pk:
                found |= _treated(row) | notes(row, "cement_diameter_mm")
    return found


def _treated(row: TreatedLesion) -> dict[str, str]:
    prefix = editor.prefix_of(row)
    return {
        f"filling-{prefix}": _draw("filling", filling=parts.filling(row)),
        f"ablation-{prefix}": _draw("ablation_state", ablation=parts.ablation(row)),
        f"unusual-{prefix}": _draw("unusual", unusual=parts.unusual(row, "lesion")),
        f"diameter-{prefix}": _draw("diameter", lesion=row.lesion),
    }


def of_spell(row: BalloonInflation) -> dict[str, str]:
    return {f"spell-{editor.prefix_of(row)}": _draw("spell", spell=parts.spell(row))}


def notes(record: Any, *names: str) -> dict[str, str]:
    """What stands beneath fields of another record than the one that was saved."""
    form = block_of(record, None).form
    return {
        f"notes-{form[name].html_name}": render_to_string("core/_field_notes.html", {"field": form[name]})
        for name in names
        if name in form.fields
    }


def _draw(part: str, **context: Any) -> str:
    return render_to_string(f"procedures/editor/_{part}.html", context).strip()
