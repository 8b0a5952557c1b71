"""Confirmations of unusual values: kept with the record, for the value and the limits that they were given for."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registry.core import limits
from registry.core.actors import identity_of
from registry.core.models import Record


def keep(record: Record, actor: Any, confirm: Mapping[str, str]) -> None:
    """Add the confirmations given now; drop those whose value or limits have changed."""
    crossed = limits.by_field(limits.crossings(record))
    kept = {
        field: entry
        for field, entry in (record.confirmed or {}).items()
        if field in crossed and limits.holds_for(entry, crossed[field])
    }
    for field, why in confirm.items():
        if field not in crossed:
            continue
        if not str(why).strip():
            raise ValidationError(
                {field: ValidationError(_("Give a reason for the unusual value."), code="reason")}
            )
        if field in kept and kept[field].get("reason") == str(why).strip():
            continue
        _who_id, who = identity_of(actor)
        kept[field] = {
            "value": limits.as_json(crossed[field][0].value),
            "limits": [crossing.limit for crossing in crossed[field]],
            "judged": [crossing.judged for crossing in crossed[field]],
            "reason": str(why).strip(),
            "who": who,
            "when": timezone.now().isoformat(timespec="seconds"),
        }
    record.confirmed = kept
