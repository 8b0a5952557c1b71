"""The SIR grade of a complication, proposed from three questions.

Society of Interventional Radiology classification of complications by outcome (Sacks D, McClenny TE, Cardella JF, Lewis
CA. Society of Interventional Radiology clinical practice guidelines. J Vasc Interv Radiol 2003;14:S199–S202):

* minor – A: no therapy, no consequence; B: nominal therapy, no consequence, which includes one night in hospital for
  observation only;
* major – C: therapy, minor hospital stay (under 48 h); D: major therapy, an unplanned higher level of care, or a longer
  stay (48 h or more); E: permanent sequelae; F: death.

The answers are not stored: the grade is, once somebody has taken or chosen it. How the questions cut between the grades
is a judgement of this registry.
"""

import itertools
from collections.abc import Iterable

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from outcomes.codes import SirGrade


class Treatment(models.TextChoices):
    """Did it need treatment? In the order of severity."""

    NONE = "none", _("none")
    NOMINAL = "nominal", _("nominal, or observation")
    THERAPY = "therapy", _("therapy")
    MAJOR = "major", _("major therapy or a higher level of care")


class Stay(models.TextChoices):
    """How much longer did the patient stay in hospital for it? In the order of severity."""

    UNCHANGED = "unchanged", _("unchanged")
    UNDER_48H = "under_48h", _("under 48 h longer")
    FROM_48H = "from_48h", _("48 h or more longer")


class Harm(models.TextChoices):
    """Did it leave permanent harm? In the order of severity."""

    NONE = "none", pgettext_lazy("harm", "none")
    PERMANENT = "permanent", _("permanent harm")
    DEATH = "death", _("death")


def grade(treatment: str, stay: str, harm: str) -> SirGrade:
    """The grade that three answers amount to."""
    if harm == Harm.DEATH:
        return SirGrade.F
    if harm == Harm.PERMANENT:
        return SirGrade.E
    if treatment == Treatment.MAJOR or stay == Stay.FROM_48H:
        return SirGrade.D
    if treatment == Treatment.THERAPY:
        return SirGrade.C
    # A night for observation only is still B.
    if treatment == Treatment.NOMINAL or stay == Stay.UNDER_48H:
        return SirGrade.B
    return SirGrade.A


def possible(treatment: str = "", stay: str = "", harm: str = "") -> tuple[SirGrade, ...]:
    """The grades that the answers leave open, mildest first; an empty text is a question not answered yet."""

    def open_to(answer: str, choices: Iterable[str]) -> Iterable[str]:
        return [answer] if answer else choices

    found = {
        grade(*answers)
        for answers in itertools.product(
            open_to(treatment, Treatment.values), open_to(stay, Stay.values), open_to(harm, Harm.values)
        )
    }
    return tuple(step for step in SirGrade if step in found)


def propose(treatment: str = "", stay: str = "", harm: str = "") -> SirGrade | None:
    """The grade, once no further answer could change it."""
    left = possible(treatment, stay, harm)
    return left[0] if len(left) == 1 else None
