"""Random edits of every kind through the write door: what a registry sees between two releases."""

import datetime
import random
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from cases.models import Case
from procedures.models import Procedure
from registry.core import records, rules
from registry.core.models import Record
from tests import factories as make
from tests.declared import record_models
from tests.factories import TESTS

WORDS = ("", "plain", "=SUM(A1)", "quotes “”, commas\nand lines", "é ü 漢", "a;b", "'")
#: Fields that the door keeps or that never change.
KEPT = {"id", "uuid", "version", "created_at", "modified_at", "created_by", "modified_by", "confirmed"}


class Edits:
    """Draws edits; the same seed draws the same ones from the same state."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)

    def some(self, count: int) -> int:
        """So many attempts; the rules refuse some. Answers with how many changed something."""
        return sum(self.one() for _ in range(count))

    def one(self) -> bool:
        edit = self.draw.choices(
            [self.change, self.add, self.delete, self.several, self.take_back], [60, 18, 8, 8, 6]
        )[0]
        try:
            return bool(edit())
        except ValidationError:
            return False

    # -- kinds of edit -----------------------------------------------------------------------------------------------

    def change(self) -> bool:
        record = self.record()
        if record is None:
            return False
        before = record.version
        fields = [
            field
            for field in record._meta.concrete_fields
            if field.name not in KEPT and field.name not in record.immutable_fields and not field.is_relation
        ]
        field = self.draw.choice(fields)
        if field.name == "missing":
            record.missing = self.missing(record)
        else:
            setattr(record, field.attname, self.value(type(record), field))
            record.missing = {name: code for name, code in record.missing.items() if name != field.name}
        return records.save(record, by=TESTS, reason="edited").version > before

    def add(self) -> bool:
        case = self.draw.choice([*Case.objects.all()] or [None])
        procedure = self.draw.choice([*Procedure.objects.all()] or [None])
        ways: list[Any] = [lambda: make.CaseFactory(age_years=self.draw.randrange(100))]
        if case is not None:
            ways += [
                lambda: make.LesionFactory(case=case, levels=self.draw.choice(["L1", "S1;S2", "sacrum"])),
                lambda: make.TreatmentFactory(case=case),
                lambda: make.ProcedureFactory(case=case, kind=self.draw.choice(["rfa", "sacroplasty"])),
                lambda: make.AssessmentFactory(case=case, time_point="month_3", vas_pain=self.number(0, 10)),
                lambda: make.FollowUpStatusFactory(case=case),
                lambda: make.CaseFactory(patient=case.patient),
            ]
        if procedure is not None:
            ways += [
                lambda: make.ComplicationFactory(procedure=procedure),
                lambda: make.TreatedLesionFactory(procedure=procedure),
            ]
        self.draw.choice(ways)()
        return True

    def delete(self) -> bool:
        record = self.record()
        if record is None:
            return False
        records.delete(record, by=TESTS, reason="entered twice")
        return True

    def several(self) -> bool:
        """Several edits as one change; one that is refused takes back itself alone."""
        with records.together():
            changed = [self.one() for _ in range(3)]
            return any(changed)

    def take_back(self) -> bool:
        """Edits that come to nothing."""
        try:
            with records.together():
                self.some(2)
                raise RuntimeError
        except RuntimeError:
            return False

    # -- what is drawn -----------------------------------------------------------------------------------------------

    def record(self) -> Record | None:
        model = self.draw.choice(record_models())
        keys = list(model._base_manager.order_by("pk").values_list("pk", flat=True))
        return model._base_manager.get(pk=self.draw.choice(keys)) if keys else None

    def missing(self, record: Record) -> dict[str, str]:
        empty = [name for name in record.missable_fields() if getattr(record, name) in (None, "")]
        chosen = [name for name in empty if self.draw.random() < 0.3]
        return {name: self.draw.choice(["unknown", "not_done", "refused"]) for name in chosen}

    def number(self, low: Any, high: Any) -> Any:
        return self.draw.choice([low, high, low + (high - low) * self.draw.randrange(101) / Decimal(100)])

    def value(self, model: type[Record], field: Any) -> Any:
        """A value of which the field's own rules think well."""
        if field.null and self.draw.random() < 0.15:
            return None
        for rule in rules.rules_of(model):
            if rule.field != field.name:
                continue
            if isinstance(rule, rules.OneOf):
                return self.draw.choice(list(rule.codes))
            if isinstance(rule, rules.SubsetOf):
                return ";".join(self.draw.sample(list(rule.codes), self.draw.randrange(1, 3)))
            if isinstance(rule, rules.Between):
                return self.between(field, rule.low, rule.high)
        if isinstance(field, models.BooleanField):
            return self.draw.random() < 0.5
        if isinstance(field, models.DateTimeField):
            return datetime.datetime(2024, 3, 11, 8, self.draw.randrange(60), tzinfo=datetime.UTC)
        if isinstance(field, models.JSONField):
            return [self.draw.choice(WORDS)]
        return self.draw.choice(WORDS)

    def between(self, field: Any, low: Any, high: Any) -> Any:
        if isinstance(low, datetime.date):
            return datetime.date(2024, 3, 11) + datetime.timedelta(days=self.draw.randrange(-40, 400))
        if isinstance(field, models.DecimalField):
            return round(self.number(Decimal(low), Decimal(high)), field.decimal_places)
        return int(self.number(int(low), int(high)))
