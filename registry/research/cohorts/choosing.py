"""The cohort that a request names: ``?cohort=<short name>``, and ``&cohort_version=N`` for another than the latest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from cases.models import Case
from registry.core import reading
from registry.research.cohorts.compiler import cases_of, condition_of
from registry.research.cohorts.document import Definition
from registry.research.models import Cohort, CohortVersion
from registry.research.tables import Table

COHORT, VERSION = "cohort", "cohort_version"
PARAMETERS = (COHORT, VERSION)


@dataclass(frozen=True)
class Chosen:
    """A version of a cohort as one user sees it: the cases are by the rights of whoever reads."""

    cohort: Cohort
    version: CohortVersion
    definition: Definition
    user: Any

    @property
    def cases(self) -> QuerySet[Case]:
        return cases_of(self.definition, self.user)

    def rows_of(self, table: Table) -> Q:
        """The rows of an export table that belong to the cohort; of patients, those with a case in it.

        Raises ``ValidationError`` for a table whose rows belong to nobody.
        """
        return self._rows_of(table, self.cases)

    def matching(self, table: Table) -> Q:
        """The same, and the rows that would belong to it had their patients agreed to research.

        For whoever tells the two apart, and says how many were left out.
        """
        return self._rows_of(
            table, Case.objects.for_user(self.user).filter(condition_of(self.definition.where))
        )

    @staticmethod
    def _rows_of(table: Table, cases: QuerySet[Case]) -> Q:
        if table.case is not None:
            return Q(**{f"{table.case or 'pk'}__in": cases.order_by().values("pk")})
        if table.patient is not None:
            return Q(**{f"{table.patient or 'pk'}__in": cases.order_by().values("patient")})
        message = _("Rows of %(table)s belong to no case, so a cohort does not narrow them.")
        raise ValidationError({COHORT: [message % {"table": table.name}]})

    def as_json(self) -> dict[str, Any]:
        """What a receipt keeps: enough to find the cohort again, and to do without it once it is gone."""
        return {
            "slug": self.cohort.slug,
            "version": self.version.number,
            "sha256": self.version.sha256,
            "definition": self.version.definition,
        }


def chosen(user: Any, asked: Mapping[str, Sequence[str]]) -> Chosen | None:
    """The cohort that the parameters name; ``None`` where they name none.

    Raises ``ValidationError`` with an entry per parameter: one the user may not see is as unknown as one that is not.
    """
    given = {name: asked[name] for name in PARAMETERS if name in asked}
    if not given:
        return None
    for name, values in given.items():
        if len(values) > 1:
            raise ValidationError({name: [_("This parameter stands twice.")]})
        if not values[0]:
            raise ValidationError({name: [_("Give a value, or leave the parameter out.")]})
    if COHORT not in given:
        raise ValidationError({VERSION: [_("Name the cohort too, as “cohort”.")]})
    slug = given[COHORT][0]
    cohort = Cohort.objects.for_user(user).filter(slug=slug).first()
    if cohort is None:
        message = _("There is no cohort “%(slug)s”, or you may not see it.") % {"slug": slug[:80]}
        raise ValidationError({COHORT: [message]})
    return of_version(cohort, given[VERSION][0] if VERSION in given else None, user, name=VERSION)


def of_version(cohort: Cohort, number: str | None, user: Any, *, name: str = "version") -> Chosen:
    """A version by its number as text, the latest without one. Raises ``ValidationError`` under ``name``."""
    try:
        wanted = reading.read_integer(number)
    except ValidationError as refused:
        raise ValidationError({name: refused.messages}) from None
    known = wanted is None or 0 < wanted <= cohort.latest_number
    version = cohort.version(wanted) if known else None
    if version is None:
        message = _("There is no version %(number)s. Versions: 1 to %(latest)d.")
        raise ValidationError(
            {name: [message % {"number": str(number)[:20], "latest": cohort.latest_number}]}
        )
    try:
        definition = version.definition_document()
    except ValidationError as refused:
        message = _("Version %(number)d names what the catalogue no longer has: %(what)s")
        what = "; ".join(refused.messages)
        raise ValidationError({COHORT: [message % {"number": version.number, "what": what}]}) from None
    return Chosen(cohort, version, definition, user)
