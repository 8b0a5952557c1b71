"""What is known of the variables themselves, whichever paper prints them: what adds up to what, and in which steps.

Checks are derived from these relations and from the stored values; no paper is named here.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

#: The denominator printed beside each category.
DENOMINATOR = "denominator"

#: Variables whose categories exclude each other and together make up the whole → what they add up to, the first that
#: is printed. A variable's own name means its count without a category.
PARTS: Mapping[str, tuple[str, ...]] = {
    "sex": (DENOMINATOR, "patients"),
    "diagnosis": (DENOMINATOR, "patients"),
    "denis_zone": (DENOMINATOR, "lesions"),
    "approach": ("approaches",),
    "surgical_approach": (DENOMINATOR, "patients"),
    "postoperative_radiation": (DENOMINATOR, "patients"),
    "radiation_before_procedure": (DENOMINATOR, "patients"),
    "pain_relief": (DENOMINATOR, "patients"),
    # Drugs are listed for those who came to need fewer of them.
    "analgesic_class": ("analgesics_reduced_or_stopped", DENOMINATOR, "patients"),
    "treated_elsewhere": ("treated_elsewhere",),
    "leak_symptomatic": ("leak_symptomatic",),
}

#: (part, whole): every one of the first is among the second.
SUBSETS = (
    ("leak_symptomatic", "leak"),
    ("leak_surgery", "leak_symptomatic"),
)

#: Counts that are not counts of patients, lesions or approaches of the group.
APART = frozenset({"operators", "approach_kinds", "rfa_complete_rolloffs", "cited_patients"})

#: A count of kinds → the variable whose categories are those kinds.
KINDS: Mapping[str, str] = {"approach_kinds": "approach"}

#: Counts that papers word in two ways: where both are printed with the same numbers, the wording is worth a remark.
TWO_WORDINGS = (("postoperative_radiation", "radiation_before_procedure"),)

#: A change → the score that changed; the change is printed as a reduction.
CHANGES: Mapping[str, str] = {"vas_pain_improvement": "vas_pain"}

#: A criterion of inclusion → the variable that it limits.
ELIGIBLE: Mapping[str, str] = {"eligible_age_years": "age_years"}

#: How many events a paper's definition of a success allows → the success, the event and its category.
EXCLUDED: Mapping[str, tuple[str, str, str]] = {
    "technical_success_major_complications": ("technical_success", "complication", "major"),
}

#: Number of patients in the series that a paper cites.
CITED = "cited_patients"

#: The counts that say how large a group is, by unit of analysis.
SIZES: Mapping[str, str] = {
    "patient": "patients",
    "procedure": "patients",
    "lesion": "lesions",
    "approach": "approaches",
}

#: Variables recorded in whole steps → the steps that are in use, the widest first.
STEPS: Mapping[str, tuple[int, ...]] = {
    "age_years": (1,),
    "needle_count": (1,),
    "hospital_stay_days": (1,),
    "rfa_overlapping_ablations": (1,),
    "rfa_complete_cycles": (1,),
    "transfused_units": (1,),
    "kps": (10,),
    "barthel": (5, 1),
}

#: Why a mean of these says nothing about whole numbers; everything else that is no count is measured on a continuum.
NOT_WHOLE: "Mapping[str, StrOrPromise]" = {
    "vas_pain": _("A visual analogue scale is read in tenths as well as in whole points."),
    "vas_pain_improvement": _("A visual analogue scale is read in tenths as well as in whole points."),
    "odi": _("The steps of the ODI depend on how many sections are answered."),
    "analgesic_scale": _("The paper does not define its analgesic scale, so its steps are not known."),
}
CONTINUOUS = _("This is measured on a continuum, not counted in whole numbers.")

#: Scores whose ends are those of a scale that the paper does not define.
UNDEFINED_SCALES: "Mapping[str, StrOrPromise]" = {
    "analgesic_scale": _("The paper does not define its analgesic scale, so its ends are not known."),
}


def is_whole(variable: str) -> bool:
    """Whether single values of a variable are whole numbers, so that a printed end of a range is exact."""
    return 1 in STEPS.get(variable, ()) or variable == "kps"
