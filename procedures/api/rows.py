"""The rows of a procedure: treated lesions, ablations, inflations, transarterial sessions and drugs."""

from operator import attrgetter
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from cases.api import CaseRowSerializer, CaseRowViewSet
from procedures import filters
from procedures.api.days import day_field, days_between
from procedures.embedding import TRANSARTERIAL_SESSION, TREATED_LESION
from procedures.models import (
    Ablation,
    BalloonInflation,
    TransarterialDrug,
    TransarterialSession,
    TreatedLesion,
)
from registry.core.api.fields import ID, ShownField


class ProcedureRowSerializer(CaseRowSerializer):
    """A row under a procedure."""

    case_path = "procedure.case"
    #: More keys of what lies above: name → path.
    above: ClassVar[dict[str, str]] = {}

    class Meta:
        model: Any = None

    def key_fields(self) -> dict[str, Any]:
        keys = super().key_fields()
        for name, path in self.above.items():
            keys[name] = ShownField(of=attrgetter(f"{path}.uuid"), schema=ID)
        return keys


class TreatedLesionSerializer(ProcedureRowSerializer):
    """What was done to one lesion in one procedure."""

    own_key = "treated_lesion_id"
    embedding = TREATED_LESION

    class Meta:
        model = TreatedLesion


class AblationSerializer(ProcedureRowSerializer):
    """One ablation cycle in a lesion."""

    case_path = "treated_lesion.procedure.case"
    above = {"procedure_id": "treated_lesion.procedure", "lesion_id": "treated_lesion.lesion"}

    class Meta:
        model = Ablation


class BalloonInflationSerializer(ProcedureRowSerializer):
    """One inflation of the aortic balloon and its deflation, in minutes from incision."""

    class Meta:
        model = BalloonInflation


class TransarterialSessionSerializer(ProcedureRowSerializer):
    """One transarterial infusion or embolization."""

    own_key = "session_id"
    embedding = TRANSARTERIAL_SESSION

    class Meta:
        model = TransarterialSession

    def shown_fields(self) -> dict[str, Any]:
        return {
            "day": day_field(
                lambda row: days_between(row.procedure.case.index_day(), row.date),
                _("Days from the index date of the case."),
            )
        }


class TransarterialDrugSerializer(ProcedureRowSerializer):
    """One drug given in a transarterial session."""

    case_path = "session.procedure.case"
    above = {"procedure_id": "session.procedure"}

    class Meta:
        model = TransarterialDrug


class TreatedLesionViewSet(CaseRowViewSet):
    """Lesions treated in a procedure: needle, cement, leak, ablation."""

    serializer_class = TreatedLesionSerializer
    filterset_class = filters.TreatedLesionFilterSet
    case_lookup = "procedure__case"
    also_select = ("lesion",)
    orderings = {
        "registry_id": "procedure__case__patient__registry_id",
        "approach": "approach",
        "cement_volume_ml": "cement_volume_ml",
    }


class AblationViewSet(CaseRowViewSet):
    """Ablation cycles."""

    serializer_class = AblationSerializer
    filterset_class = filters.AblationFilterSet
    case_lookup = "treated_lesion__procedure__case"
    also_select = ("treated_lesion__lesion",)
    orderings = {"registry_id": "treated_lesion__procedure__case__patient__registry_id", "cycle": "cycle"}


class BalloonInflationViewSet(CaseRowViewSet):
    """Inflations of the aortic balloon."""

    serializer_class = BalloonInflationSerializer
    filterset_class = filters.BalloonInflationFilterSet
    case_lookup = "procedure__case"
    orderings = {
        "registry_id": "procedure__case__patient__registry_id",
        "number": "number",
        "inflated_min": "inflated_min",
    }


class TransarterialSessionViewSet(CaseRowViewSet):
    """Transarterial infusions and embolizations."""

    serializer_class = TransarterialSessionSerializer
    filterset_class = filters.TransarterialSessionFilterSet
    case_lookup = "procedure__case"
    orderings = {"registry_id": "procedure__case__patient__registry_id", "number": "number", "kind": "kind"}


class TransarterialDrugViewSet(CaseRowViewSet):
    """Drugs given in transarterial sessions."""

    serializer_class = TransarterialDrugSerializer
    filterset_class = filters.TransarterialDrugFilterSet
    case_lookup = "session__procedure__case"
    orderings = {"registry_id": "session__procedure__case__patient__registry_id", "name": "name"}
