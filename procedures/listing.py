"""What procedures add to the list of cases: the strategy as a column, the kind of procedure as a filter."""

from typing import Any

from django.apps import apps
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from cases.extensions import Column, Filter
from procedures import codes
from procedures.strategy import strategy_is, strategy_sql

#: How a strategy's parts are called where space is short.
SHORT = {
    "reboa": "REBOA",
    "vertebroplasty": _("vertebroplasty"),
    "sacroplasty": _("sacroplasty"),
    "rfa": "RFA",
    "tai": "TAI",
    "tace": "TACE",
    "tae": "TAE",
}


def strategy_words(strategy: str | None) -> str:
    """``sacroplasty+rfa`` as “sacroplasty + RFA”."""
    return " + ".join(str(SHORT.get(part, part)) for part in strategy.split("+")) if strategy else ""


def _of_kind(cases: Any, kind: str) -> Any:
    procedures = apps.get_model("procedures", "Procedure").objects.filter(case=OuterRef("pk"), kind=kind)
    return cases.filter(Exists(procedures))


STRATEGY = Column("strategy", _("Strategy"), strategy_sql, strategy_words, strategy_is)
KIND = Filter("kind", _("Procedure"), lambda: codes.Kind.choices, _of_kind)
