"""Procedures with their details, treated lesions, inflations and transarterial sessions in the admin."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from cases.admin import CaseAdmin, LesionAdmin
from procedures.admin.columns import case_column
from procedures.admin.details import (
    ReboaDetailsAdmin,
    RfaDetailsAdmin,
    SacroplastyDetailsAdmin,
    VertebroplastyDetailsAdmin,
)
from procedures.admin.pages import (
    AblationAdmin,
    BalloonInflationAdmin,
    ProcedureAdmin,
    TransarterialDrugAdmin,
    TransarterialSessionAdmin,
    TreatedLesionAdmin,
)
from procedures.admin.rows import ProcedureInline
from procedures.listing import strategy_words
from procedures.models import (
    Ablation,
    BalloonInflation,
    Procedure,
    ReboaDetails,
    RfaDetails,
    SacroplastyDetails,
    TransarterialDrug,
    TransarterialSession,
    TreatedLesion,
    VertebroplastyDetails,
)
from procedures.strategy import strategy_sql
from registry.core.admin import Column

CaseAdmin.extend(
    inlines=[ProcedureInline],
    columns=[Column("strategy", _("Strategy"), lambda case: strategy_words(case.strategy), "strategy")],
    annotations={"strategy": strategy_sql()},
    adds=((_("Add procedure"), Procedure, "case"),),
)
LesionAdmin.extend(adds=((_("Add treatment of this lesion"), TreatedLesion, "lesion"),))

admin.site.register(Procedure, ProcedureAdmin)
admin.site.register(TreatedLesion, TreatedLesionAdmin)
admin.site.register(ReboaDetails, ReboaDetailsAdmin)
admin.site.register(SacroplastyDetails, SacroplastyDetailsAdmin)
admin.site.register(VertebroplastyDetails, VertebroplastyDetailsAdmin)
admin.site.register(RfaDetails, RfaDetailsAdmin)
admin.site.register(BalloonInflation, BalloonInflationAdmin)
admin.site.register(TransarterialSession, TransarterialSessionAdmin)
admin.site.register(TransarterialDrug, TransarterialDrugAdmin)
admin.site.register(Ablation, AblationAdmin)

__all__ = ["ProcedureAdmin", "case_column"]
