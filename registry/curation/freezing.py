"""Freezing a centre or a list of cases, thawing it, and the check that the write door makes of both."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from cases import consent
from cases.models import Case, Patient
from registry.access import scope
from registry.access.models import Center
from registry.core import policies, records
from registry.core.dates import shown_datetime
from registry.core.policies import Lock
from registry.curation.models import Freeze, FrozenCase, KeptRow, Thaw

#: A list of cases is written down case by case.
MOST_CASES = 20_000


# -- the acts -------------------------------------------------------------------------------------------------------


def freeze_center(center: Center, *, by: Any, reason: str) -> Freeze:
    """Close a whole centre: its cases and patients, and new ones too."""
    _demand_curator(by, center.pk)
    reason = _reason(reason, _("Say why the centre is frozen."))
    with records.together():
        # Whoever is writing anything of the centre ends first; whoever comes later finds it frozen.
        for model in (Case, Patient):
            rows = model._base_manager.select_for_update(of=("self",)).filter(center=center.pk)
            list(rows.order_by("pk").values_list("pk"))
        held = Center.objects.select_for_update().get(pk=center.pk)
        if Freeze.objects.in_force().filter(center=held, whole_center=True).exists():
            raise ValidationError(_("This centre is frozen already."), code="frozen_already")
        return Freeze.objects.create(
            **KeptRow.actor(by), center=held, whole_center=True, title=held.name, reason=reason
        )


def freeze_cases(cases: Iterable[Case], *, by: Any, title: str, reason: str) -> list[Freeze]:
    """Close a list of cases, a freeze for each of their centres. Centres that ``by`` does not curate are left out.

    Raises ``ValidationError`` where no case is left.
    """
    reason = _reason(reason, _("Say why the cases are frozen."))
    by_center: dict[int, list[int]] = {}
    for pk, center_id in Case.objects.filter(pk__in=[case.pk for case in cases]).values_list(
        "pk", "center_id"
    ):
        if scope.may_curate(by, center_id):
            by_center.setdefault(center_id, []).append(pk)
    clinical = dict(
        Center.objects.filter(kind=Center.Kind.CLINICAL, pk__in=by_center).values_list("pk", "code")
    )
    if not clinical:
        raise ValidationError(_("None of these cases belongs to a centre that you curate."), code="none")
    made = []
    with records.together():
        for center_id in sorted(clinical):
            keys = by_center[center_id]
            # Whoever is writing one of them ends first; whoever comes later finds it frozen.
            list(Case._base_manager.select_for_update().filter(pk__in=keys).order_by("pk").values_list("pk"))
            freeze = Freeze.objects.create(
                **KeptRow.actor(by),
                center_id=center_id,
                whole_center=False,
                title=title.strip()[:200],
                reason=reason,
            )
            FrozenCase.objects.bulk_create([FrozenCase(freeze=freeze, case_id=pk) for pk in keys])
            made.append(freeze)
    return made


def thaw(freeze: Freeze, *, by: Any, reason: str) -> Thaw:
    """End a freeze."""
    _demand_curator(by, freeze.center_id)
    reason = _reason(reason, _("Say why it is thawed."))
    with records.together():
        held = Freeze.objects.select_for_update().get(pk=freeze.pk)
        if Thaw.objects.filter(freeze=held).exists():
            raise ValidationError(_("This has been thawed already."), code="thawed")
        return Thaw.objects.create(**KeptRow.actor(by), freeze=held, reason=reason)


def _demand_curator(user: Any, center_id: int) -> None:
    if not scope.may_curate(user, center_id):
        raise PermissionDenied(_("Freezing is for the curators of the centre."))


def _reason(text: str, needed: str) -> str:
    if not text.strip():
        raise ValidationError({"reason": [needed]})
    return text.strip()[:400]


# -- what is frozen -------------------------------------------------------------------------------------------------


def visible(user: Any) -> Any:
    """Freezes of the centres that somebody curates, those in force first; ``number`` is that of the cases listed."""
    found = Freeze.objects.filter(center__in=scope.curated_centers(user)).select_related("center", "thaw")
    return found.annotate(number=Count("cases"))


def of_case(root: Any) -> Freeze | None:
    """The freeze that holds a case, a patient, or a new one; one query."""
    if not isinstance(root, Case | Patient) or (isinstance(root, Case) and root.patient_id is None):
        return None
    of_all = policies.once("freezes in force", _in_force)
    if of_all is not None:  # many records are judged at once
        return of_all.get((Center, root.center_id_of())) or of_all.get((type(root), root.pk))
    condition = Q(whole_center=True, center_id=root.center_id_of())
    if root.pk is not None:
        beneath = {"cases__case": root.pk} if isinstance(root, Case) else {"cases__case__patient": root.pk}
        condition |= Q(**beneath)
    return Freeze.objects.in_force().filter(condition).first()


def _in_force() -> dict[tuple[Any, int], Freeze]:
    """Every freeze in force, by the centre, the cases and the patients that it holds; two queries."""
    freezes = {freeze.pk: freeze for freeze in reversed(Freeze.objects.in_force())}
    found: dict[tuple[Any, int], Freeze] = {
        (Center, freeze.center_id): freeze for freeze in freezes.values() if freeze.whole_center
    }
    rows = FrozenCase.objects.filter(freeze__thaw__isnull=True)
    for freeze_id, case, patient in rows.values_list("freeze_id", "case_id", "case__patient_id"):
        if freeze_id in freezes:
            found[(Case, case)] = found[(Patient, patient)] = freezes[freeze_id]
    return found


def lock_of(root: Any) -> Lock | None:
    """What a freeze says to whoever wants to write."""
    freeze = of_case(root)
    if freeze is None:
        return None
    sentence = (
        _("This centre is frozen since %(when)s by %(who)s: %(why)s")
        if freeze.whole_center
        else _("This case is frozen since %(when)s by %(who)s: %(why)s")
    )
    said = sentence % {"when": shown_datetime(freeze.at), "who": freeze.who, "why": freeze.reason}
    return Lock(said, "frozen", reverse("freezes"), _("Freezes"))


def refuse_frozen(attempt: Any) -> None:
    """A check of the write door. Consent may change while its data are frozen."""
    if consent.is_all_that_changes(attempt):
        return
    record = attempt.record
    if isinstance(record, Patient) and record.pk is None:
        # There is nothing yet that a freeze could wait for but the centre.
        list(Center.objects.select_for_update(no_key=True).filter(pk=record.center_id).values_list("pk"))
    lock = lock_of(attempt.root if attempt.root is not None else attempt.record)
    if lock is not None:
        raise lock.refusal()
