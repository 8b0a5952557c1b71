"""Cohorts are written here: created, changed to a new version, deleted."""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from registry.core.actors import identity_of
from registry.research.cohorts.document import Definition
from registry.research.models.cohort import LONGEST_SLUG, Cohort, CohortVersion

#: Words that are addresses of their own beside the cohorts.
TAKEN_SLUGS = frozenset({"new", "preview", "variables"})
#: Two people who choose the same title at the same moment are told apart at the second attempt.
ATTEMPTS = 20


class StaleVersion(Exception):
    """A change was made from a version that is no longer the latest; carries the latest."""

    def __init__(self, latest: CohortVersion) -> None:
        self.latest = latest
        super().__init__(f"version {latest.number} is there already")


def _demand_title(definition: Definition) -> None:
    if not definition.title:
        raise ValidationError({"title": [_("Give the cohort a title.")]})


def create(definition: Definition, user: Any, *, shared: bool = False) -> Cohort:
    """A new cohort with its first version; its short name is made from the title and is nobody else's.

    Raises ``ValidationError`` for a definition without a title.
    """
    _demand_title(definition)
    for _attempt in range(ATTEMPTS):
        try:
            with transaction.atomic():
                cohort = Cohort.objects.create(
                    slug=next(_free_slugs(definition.title)),
                    title=definition.title,
                    owner=user,
                    shared=shared,
                )
                _append(cohort, definition, user)
        except IntegrityError:
            continue
        return cohort
    raise RuntimeError("No short name was free.")


def _free_slugs(title: str) -> Iterator[str]:
    stem = slugify(title)[: LONGEST_SLUG - 8].strip("-_") or "cohort"
    taken = TAKEN_SLUGS | set(Cohort.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    if stem not in taken:
        yield stem
    number = 2
    while f"{stem}-{number}" in taken:
        number += 1
    yield f"{stem}-{number}"


def change(
    cohort: Cohort, definition: Definition, user: Any, *, shared: bool | None = None, base: int | None = None
) -> Cohort:
    """The cohort with a new version, where the definition says something else than the latest one.

    ``base`` is the version that the change was made from; raises ``StaleVersion`` where it is not the latest, and
    ``ValidationError`` for a definition without a title.
    """
    _demand_title(definition)
    with transaction.atomic():
        locked = Cohort.objects.select_for_update().get(pk=cohort.pk)
        latest = locked.latest
        if base is not None and base != latest.number:
            raise StaleVersion(latest)
        if shared is not None:
            locked.shared = shared
        if definition.sha256 != latest.sha256:
            locked.latest_number += 1
            locked.title, locked.updated_at = definition.title, timezone.now()
            _append(locked, definition, user)
        locked.save()
    return locked


def _append(cohort: Cohort, definition: Definition, user: Any) -> None:
    user_id, user_name = identity_of(user)
    CohortVersion.objects.create(
        cohort=cohort,
        number=cohort.latest_number,
        definition=definition.as_json(),
        sha256=definition.sha256,
        by_id_text=user_id,
        by_name=user_name,
    )


def delete(cohort: Cohort) -> None:
    """Take a cohort and its versions away. Raises ``ValidationError`` while something else is built on it."""
    try:
        cohort.delete()
    except ProtectedError:
        raise ValidationError(
            _("“%(title)s” cannot be deleted: a release was made from it.") % {"title": cohort.title}
        ) from None
