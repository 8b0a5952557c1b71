"""A case's procedures with everything beneath them: loaded in a fixed number of queries, and walked."""

from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.db.models import Prefetch

from procedures import kinds


def prefetches() -> Sequence[Prefetch | str]:
    """What a queryset of cases loads with it; six queries however many rows there are."""
    models: Any = apps.get_app_config("procedures")
    treated = models.get_model("TreatedLesion").objects.select_related("lesion").prefetch_related("ablations")
    procedures = (
        models.get_model("Procedure")
        .objects.select_related(*(kind.accessor for kind in kinds.KINDS.values()))
        .prefetch_related(
            Prefetch("treated_lesions", treated), "balloon_inflations", "transarterial_sessions__drugs"
        )
    )
    return [Prefetch("procedures", procedures)]


def beneath(procedure: Any) -> list[Any]:
    """The procedure and every record beneath it."""
    treated = list(procedure.treated_lesions.all())
    sessions = list(procedure.transarterial_sessions.all())
    found: list[Any] = [procedure, procedure.details, *treated]
    found += [cycle for row in treated for cycle in row.ablations.all()]
    found += procedure.balloon_inflations.all()
    found += sessions
    found += [drug for session in sessions for drug in session.drugs.all()]
    return [record for record in found if record is not None]


def records_of(case: Any) -> list[Any]:
    """Every record of the section of procedures."""
    return [record for procedure in case.procedures.all() for record in beneath(procedure)]
