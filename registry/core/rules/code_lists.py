"""Rules of coded values: one code, several codes, and the codes that say why a value is missing."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F, JSONField, Q, Value
from django.db.models.functions import Length
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from registry.core.codes import MissingCode
from registry.core.expressions import WithoutKeys, code_set_length, wrapped_code_set
from registry.core.rules.base import Rule, choice_list, label_of


class OneOf(Rule):
    """The field holds one of the listed codes or numbers."""

    code = "not_a_code"

    def __init__(self, field: str, codes: Iterable[Any]) -> None:
        self.codes = tuple(code.value if hasattr(code, "value") else code for code in codes)
        super().__init__("code", field)

    def build(self) -> Q:
        return Q(**{f"{self.field}__in": self.codes})

    def holds(self, values):
        return values[self.field] is None or values[self.field] in self.codes

    def message(self, model, values):
        value = values[self.field]
        return _("%(label)s: “%(value)s” is not one of: %(codes)s.") % {
            "label": label_of(model, self.field),
            "value": str(value)[:60],
            "codes": choice_list(self.codes),
        }


class SubsetOf(Rule):
    """A code set ``a;b`` whose codes are all on the list, none of them twice, and never an empty text.

    ``alone`` names a code that excludes all others (``none``).
    """

    code = "not_a_code"

    def __init__(self, field: str, codes: Iterable[Any], *, alone: str = "") -> None:
        self.codes = tuple(str(getattr(code, "value", code)) for code in codes)
        self.alone = alone
        super().__init__("codes", field)

    def build(self) -> Q:
        accounted = code_set_length(self.field, self.codes)
        known = Q(Exact(Length(wrapped_code_set(self.field)), accounted)) & ~Q(**{self.field: ""})
        if self.alone:
            known &= Q(**{self.field: self.alone}) | ~Q(**{f"{self.field}__contains": self.alone})
        return Q(**{f"{self.field}__isnull": True}) | known

    def _unknown(self, value: str) -> list[str]:
        return [code for code in value.split(";") if code not in self.codes]

    def holds(self, values):
        value = values[self.field]
        if value is None:
            return True
        parts = value.split(";")
        if self.alone and self.alone in value and value != self.alone:
            return False
        return not self._unknown(value) and len(set(parts)) == len(parts)

    def message(self, model, values):
        value, label = values[self.field], label_of(model, self.field)
        unknown = self._unknown(value)
        if unknown:
            return _("%(label)s: “%(value)s” is not one of: %(codes)s.") % {
                "label": label,
                "value": unknown[0][:60],
                "codes": choice_list(self.codes),
            }
        if self.alone and self.alone in value:
            return _("%(label)s: “%(alone)s” cannot stand beside other values.") % {
                "label": label,
                "alone": self.alone,
            }
        return _("%(label)s: a value stands twice.") % {"label": label}


class CodedMissing(Rule):
    """Which fields may say why they are empty, with which codes; a field with a value has no missing code."""

    code = "missing"

    def __init__(self, *missable: str) -> None:
        self.missable = missable
        self.codes = tuple(MissingCode.values)
        super().__init__("codes", "missing")
        self.fields = ("missing", *missable)

    def build(self) -> Q:
        condition = Q(Exact(WithoutKeys(F("missing"), *self.missable), Value({}, JSONField())))
        for name in self.missable:
            absent = Q(**{f"missing__{name}__isnull": True})
            coded = Q(**{f"missing__{name}__in": self.codes, f"{name}__isnull": True})
            condition &= absent | coded
        return condition

    def faults(self, values: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Each offending entry of ``missing`` with what is wrong about it: ``field``, ``code`` or ``value``."""
        found = []
        for name, code in values["missing"].items():
            if name not in self.missable:
                found.append((name, "field"))
            elif code not in self.codes:
                found.append((name, "code"))
            elif values[name] is not None:
                found.append((name, "value"))
        return found

    def holds(self, values):
        return not self.faults(values)

    def validate(self, model, instance, exclude=None, using=None) -> None:
        values = {name: getattr(instance, model._meta.get_field(name).attname) for name in self.fields}
        if not isinstance(values["missing"], dict):
            raise ValidationError({"missing": _("Missing codes are an object of field and code.")})
        errors: dict[str, list[ValidationError]] = {}
        for name, fault in self.faults(values):
            field = name if fault != "field" else "missing"
            text = self.fault_text(model, name, fault, values)
            errors.setdefault(field, []).append(ValidationError(text, code=self.code))
        if errors:
            raise ValidationError(errors)

    def fault_text(self, model, name: str, fault: str, values: Mapping[str, Any]) -> str:
        if fault == "field":
            return _("“%(name)s” takes no missing code.") % {"name": name[:60]}
        if fault == "code":
            return _("%(label)s: “%(code)s” is not one of the missing codes: %(codes)s.") % {
                "label": label_of(model, name),
                "code": str(values["missing"][name])[:60],
                "codes": choice_list(self.codes),
            }
        return _("%(label)s has a value and a missing code (%(code)s); only one of them can be true.") % {
            "label": label_of(model, name),
            "code": values["missing"][name],
        }

    def message(self, model, values):
        return " ".join(self.fault_text(model, name, fault, values) for name, fault in self.faults(values))
