"""What a case shows of its procedures in the API, and what a procedure shows of its rows."""

from django.db.models import Prefetch

from cases.embedding import CASE
from procedures import kinds
from procedures.strategy import STRATEGY
from registry.core.api.embedding import Embedding

#: Rows inside a procedure; outcomes adds the complications.
PROCEDURE = Embedding()
#: Rows inside a treated lesion and inside a transarterial session.
TREATED_LESION = Embedding()
TRANSARTERIAL_SESSION = Embedding()


def details_accessors() -> tuple[str, ...]:
    """The one-to-one rows of every kind."""
    return tuple(kind.accessor for kind in kinds.KINDS.values())


def _procedures() -> list[Prefetch | str]:
    from procedures.models import Procedure

    rows = Procedure.objects.select_related(*details_accessors()).prefetch_related(*PROCEDURE.prefetches())
    return [Prefetch("procedures", rows)]


def _treated_lesions() -> list[Prefetch | str]:
    from procedures.models import TreatedLesion

    rows = TreatedLesion.objects.select_related("lesion").prefetch_related(*TREATED_LESION.prefetches())
    return [Prefetch("treated_lesions", rows)]


def register() -> None:
    """Called once, when the app is ready."""
    CASE.embed("procedures", "procedures.api.ProcedureSerializer", prefetch=_procedures)
    CASE.derive(STRATEGY)
    CASE.filter_by(kind="procedures.filters.cases_by_kind", strategy="procedures.filters.cases_by_strategy")
    PROCEDURE.embed("treated_lesions", "procedures.api.TreatedLesionSerializer", prefetch=_treated_lesions)
    PROCEDURE.embed(
        "balloon_inflations",
        "procedures.api.BalloonInflationSerializer",
        prefetch=lambda: ["balloon_inflations"],
    )
    PROCEDURE.embed(
        "transarterial_sessions",
        "procedures.api.TransarterialSessionSerializer",
        prefetch=lambda: ["transarterial_sessions__drugs"],
    )
    TREATED_LESION.embed("ablations", "procedures.api.AblationSerializer", prefetch=lambda: ["ablations"])
    TRANSARTERIAL_SESSION.embed(
        "drugs", "procedures.api.TransarterialDrugSerializer", prefetch=lambda: ["drugs"]
    )
