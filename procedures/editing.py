"""What procedures bring to the section editor: the section, its forms, and what is drawn anew after a save."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases import computed, editor
from cases.models import Case, Lesion
from procedures import codes, index_date, slots, tree
from procedures.models import Ablation, BalloonInflation, Procedure, TreatedLesion
from procedures.scores import rolloffs_open, temperature_open
from procedures.section_forms import SECTION_FORMS
from registry.core.rules import label_of


def _filling_lacks(row: TreatedLesion) -> tuple[str, ...]:
    """Only where cement is spoken of at all."""
    found = []
    if row.cement_diameter_mm is None:
        found.append(label_of(TreatedLesion, "cement_diameter_mm"))
    if row.lesion.diameter_longest_mm is None:
        found.append(label_of(Lesion, "diameter_longest_mm"))
    return tuple(found)


def _ablation_lacks(row: TreatedLesion) -> tuple[str, ...]:
    if row.procedure.kind != codes.Kind.RFA:
        return ()
    cycles = list(row.ablations.all())
    if cycles and not any(temperature_open(cycle) for cycle in cycles):
        return (label_of(Ablation, "rolloff_count"),)
    if cycles and not any(rolloffs_open(cycle) for cycle in cycles):
        return (_("mean temperature and time at target"),)
    return (_("mean temperature and time at target"), _("or roll-offs"))


def _occlusion_lacks(row: BalloonInflation) -> tuple[str, ...]:
    return tuple(
        label_of(BalloonInflation, name)
        for name in ("inflated_min", "deflated_min")
        if getattr(row, name) is None
    )


def _begun(case: Any) -> bool:
    """Which procedure it was says something already."""
    return bool(case.procedures.all())


def register() -> None:
    """Called once, when the app is ready."""
    editor.register(
        editor.Section("procedures", gettext_lazy("Procedures"), 30, tree.records_of, begun=_begun),
        forms=SECTION_FORMS,
        places={**{(model, ""): "procedures" for model in SECTION_FORMS}, (Case, "procedures"): "procedures"},
        prefetch=tree.prefetches,
        contradictions=index_date.contradictions,
    )
    editor.register_after(Procedure, index_date.follow)
    editor.register_slots(Procedure, slots.of_procedure)
    editor.register_slots(BalloonInflation, slots.of_inflation)
    editor.register_slots(TreatedLesion, slots.of_treated_lesion)
    editor.register_slots(Ablation, slots.of_ablation)
    editor.register_slots(Lesion, slots.of_lesion)
    computed.register(
        TreatedLesion, {"cement_filling_percent": _filling_lacks, "rfa_complete": _ablation_lacks}
    )
    computed.register(BalloonInflation, {"occlusion_min": _occlusion_lacks})
