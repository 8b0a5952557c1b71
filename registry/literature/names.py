"""Names of published quantities for which the registry has no column of its own.

A `ReportedValue.variable` is either the name of a registry column (then it means what the column means and has
its unit) or one of these. Units stand in the names as in the columns; a name without a unit is a count or a share
of the rows it is about.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True)
class LiteratureName:
    """One published quantity: how it is called on a page, its unit (empty for counts and shares) and what it means."""

    label: "StrOrPromise"
    unit: str
    definition: "StrOrPromise"


NAMES: dict[str, LiteratureName] = {
    # Size of a series and who may enter it
    "patients": LiteratureName(_("Patients"), "", _("Number of patients in the series or arm.")),
    "lesions": LiteratureName(_("Lesions"), "", _("Number of treated lesions in the series or arm.")),
    "eligible_age_years": LiteratureName(
        _("Eligible age"), "years", _("Age limit among the criteria for inclusion.")
    ),
    "eligible_lesion_diameter_cm": LiteratureName(
        _("Eligible lesion diameter"),
        "cm",
        _("Limit of the metastasis diameter among the criteria for inclusion."),
    ),
    "eligible_life_expectancy_months": LiteratureName(
        _("Eligible life expectancy"),
        "months",
        _("Shortest life expectancy among the criteria for inclusion."),
    ),
    "excluded_inr": LiteratureName(
        _("Excluded INR"), "ratio", _("International normalized ratio beyond which patients were excluded.")
    ),
    "excluded_platelets_10e9_l": LiteratureName(
        _("Excluded platelet count"), "10⁹/L", _("Platelet count beyond which patients were excluded.")
    ),
    "technical_success_major_complications": LiteratureName(
        _("Technical success: major complications allowed"),
        "",
        _("Major complications that the paper's definition of technical success admits."),
    ),
    # Treatment beside the procedure
    "postoperative_radiation": LiteratureName(
        _("Postoperative radiation"),
        "",
        _("Patients with and without radiation after the procedure, as the table words it."),
    ),
    "radiation_before_procedure": LiteratureName(
        _("Radiation before the procedure"),
        "",
        _("Patients whose procedure followed radiation therapy, or who had no indication for it."),
    ),
    "systemic_therapy": LiteratureName(
        _("Systemic therapy"), "", _("Patients under systemic medical therapy.")
    ),
    "treated_elsewhere": LiteratureName(
        _("Treated at other sites"),
        "",
        _("Patients also treated for lesions elsewhere; the category names the site."),
    ),
    "further_therapy_as_planned": LiteratureName(
        _("Further therapy as planned"),
        "",
        _("Patients who went on to the further treatment planned for them."),
    ),
    "antibiotic_cefazolin_g": LiteratureName(
        _("Cefazolin"), "g", _("Single dose of cefazolin given as prophylaxis.")
    ),
    # How the procedure was done
    "operators": LiteratureName(_("Operators"), "", _("Number of physicians who did the procedures.")),
    "operator_experience_years": LiteratureName(
        _("Operator experience"), "years", _("Experience of the operators.")
    ),
    "approaches": LiteratureName(
        _("Approaches used"),
        "",
        _("Number of needle approaches; lesions reached through one puncture share it."),
    ),
    "approach_kinds": LiteratureName(
        _("Kinds of approach"), "", _("Number of different kinds of needle approach.")
    ),
    "needle_length_cm": LiteratureName(_("Needle length"), "cm", _("Length of the bone needle.")),
    "electrode_gauge": LiteratureName(_("Electrode gauge"), "G", _("Gauge of the radiofrequency electrode.")),
    "tip_temperature_celsius": LiteratureName(
        _("Tip temperature"), "°C", _("Temperature at the tip of the electrode.")
    ),
    "rfa_overlapping_ablations": LiteratureName(
        _("Overlapping ablations"),
        "ablations",
        _("Number of overlapping radiofrequency ablations; the paper names no unit of analysis."),
    ),
    "rfa_complete_cycles": LiteratureName(
        _("Complete ablation cycles"),
        "cycles",
        _("Number of complete ablation cycles; the paper names no unit of analysis."),
    ),
    "rfa_complete_target_celsius": LiteratureName(
        _("Complete ablation: target temperature"),
        "°C",
        _("Mean target temperature in the paper's definition of complete ablation."),
    ),
    "rfa_complete_minutes": LiteratureName(
        _("Complete ablation: time at target"),
        "min",
        _("Time at the target temperature in the paper's definition of complete ablation."),
    ),
    "rfa_complete_rolloffs": LiteratureName(
        _("Complete ablation: roll-offs"),
        "",
        _("Impedance roll-offs in the paper's definition of complete ablation."),
    ),
    "ct_slice_thickness_mm": LiteratureName(
        _("CT slice thickness"), "mm", _("Slice thickness of the CT that closes the procedure.")
    ),
    "balloon_oversize_cm": LiteratureName(
        _("Balloon beyond aorta"),
        "cm",
        _("By how much the balloon's diameter exceeds that of the abdominal aorta, as printed."),
    ),
    "planned_occlusion_min": LiteratureName(
        _("Planned occlusion"), "min", _("Usual occlusion before each planned deflation.")
    ),
    "planned_reperfusion_min": LiteratureName(
        _("Planned reperfusion"), "min", _("Usual duration of each planned deflation.")
    ),
    # Results
    "vas_pain_improvement": LiteratureName(
        _("Improvement of VAS pain"),
        "points",
        _("Reduction of VAS pain that the paper reports as a value of its own."),
    ),
    "pain_relief_duration_months": LiteratureName(
        _("Duration of pain relief"), "months", _("How long the pain relief was seen to last.")
    ),
    "analgesics_reduced_or_stopped": LiteratureName(
        _("Analgesics reduced or stopped"),
        "",
        _("Patients who took less of their analgesics, or none any more."),
    ),
    "complication": LiteratureName(
        _("Complication"),
        "",
        _("Patients with the complication named in the category, a code where the registry has one."),
    ),
    "leak_surgery": LiteratureName(
        _("Surgery for leaked cement"), "", _("Patients operated on to remove leaked cement.")
    ),
    "remobilized": LiteratureName(_("Remobilized"), "", _("Patients mobilized again after the procedure.")),
    "quality_of_life_improved": LiteratureName(
        _("Quality of life improved"), "", _("Patients who felt that their quality of life had improved.")
    ),
    "would_repeat_procedure": LiteratureName(
        _("Would repeat the procedure"), "", _("Patients who would undergo the procedure again.")
    ),
    "cited_patients": LiteratureName(
        _("Patients in the literature"), "", _("Patients of the series that the paper cites, taken together.")
    ),
    "followup_months": LiteratureName(_("Follow-up"), "months", _("Time of follow-up after the procedure.")),
}

#: Words of the transcriptions that pages show in the reader's language: what a paper's rows are about, what is
#: compared, units that are words, and designs. What is not listed is shown as it is printed.
PRINTED = (
    # Categories
    gettext_noop("after radiation therapy"),
    gettext_noop("anterior-oblique"),
    gettext_noop("breast"),
    gettext_noop("colon"),
    gettext_noop("effective"),
    gettext_noop("epithelioid hemangiosarcoma"),
    gettext_noop("focal stabbing pain"),
    gettext_noop("gallbladder"),
    gettext_noop("iliosacral joints"),
    gettext_noop("interpedicular"),
    gettext_noop("kidney"),
    gettext_noop("liver"),
    gettext_noop("lung"),
    gettext_noop("major"),
    gettext_noop("neuroforamina"),
    gettext_noop("no analgesic therapy"),
    gettext_noop("no improvement"),
    gettext_noop("no radiation"),
    gettext_noop("nonsteroidal anti-inflammatory drugs"),
    gettext_noop("not indicated"),
    gettext_noop("other approaches"),
    gettext_noop("other cancer"),
    gettext_noop("other zones"),
    gettext_noop("pain reduction"),
    gettext_noop("pain relief"),
    gettext_noop("parotid"),
    gettext_noop("pelvis"),
    gettext_noop("posterior"),
    gettext_noop("postoperative radiation"),
    gettext_noop("prostate"),
    gettext_noop("radicular pain"),
    gettext_noop("serious balloon-related"),
    gettext_noop("serious vascular"),
    gettext_noop("severe"),
    gettext_noop("shock"),
    gettext_noop("spine"),
    gettext_noop("systemic medical therapy, including bisphosphonate"),
    gettext_noop("thyroid"),
    gettext_noop("transiliac"),
    gettext_noop("visceral surface with sacral plexus"),
    gettext_noop("weak opioid analgesics"),
    gettext_noop("zone I"),
    gettext_noop("zone II"),
    gettext_noop("zone III"),
    # Comparisons
    gettext_noop("A vs B"),
    gettext_noop("across approaches"),
    gettext_noop("across time points"),
    gettext_noop("across zones"),
    gettext_noop("baseline vs after treatment"),
    gettext_noop("baseline vs day 1"),
    gettext_noop("baseline vs day 2"),
    gettext_noop("baseline vs each follow-up"),
    # Units that are words
    gettext_noop("ablations"),
    gettext_noop("cycles"),
    gettext_noop("days"),
    gettext_noop("months"),
    gettext_noop("needles"),
    gettext_noop("percent"),
    gettext_noop("points"),
    gettext_noop("ratio"),
    gettext_noop("years"),
    # Designs
    gettext_noop("case series"),
    gettext_noop("prospective series of consecutive patients"),
    gettext_noop("retrospective case series"),
    gettext_noop("retrospective comparison of two groups, single centre"),
)

#: Code lists of categories that are no column of that name; the floors that know the codes register them.
_CATEGORY_CODES: dict[str, dict[str, Any]] = {}


def register_categories(variable: str, choices: Iterable[tuple[Any, Any]]) -> None:
    """Say what the categories of a variable are called."""
    _CATEGORY_CODES[variable] = {str(code): label for code, label in choices}


def category_label(variable: str, category: str) -> "StrOrPromise | None":
    """The registered name of a category, if it has one."""
    return _CATEGORY_CODES.get(variable, {}).get(category)


def spaced(code: str) -> str:
    """``day_2`` as “day 2”."""
    return code.replace("_", " ")


def printed_words(text: str) -> str:
    """A word of a transcription in the reader's language, where it is one that the registry knows."""
    return gettext(spaced(text)) if text else ""
