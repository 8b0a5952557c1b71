"""Every quality rule, in the order in which pages name them."""

from registry.curation.quality.base import CrossRule, Rule
from registry.curation.quality.contradiction import CONTRADICTION
from registry.curation.quality.duplicates import DUPLICATE
from registry.curation.quality.missing import KEY_VARIABLES, KIND_WITHOUT_DETAILS, REQUIRED
from registry.curation.quality.order import DATE_ORDER
from registry.curation.quality.outliers import OUTLIER
from registry.curation.quality.unusual import OUTSIDE_WINDOW, UNUSUAL

RULES: tuple[Rule, ...] = (
    UNUSUAL,
    OUTSIDE_WINDOW,
    DATE_ORDER,
    CONTRADICTION,
    REQUIRED,
    KEY_VARIABLES,
    KIND_WITHOUT_DETAILS,
)
CROSS_RULES: tuple[CrossRule, ...] = (DUPLICATE, OUTLIER)
BY_CODE: dict[str, Rule | CrossRule] = {rule.code: rule for rule in RULES}
BY_CODE.update({rule.code: rule for rule in CROSS_RULES})


def label_of_rule(code: str) -> str:
    """The rule in words; the code itself where the rule is gone."""
    return str(BY_CODE[code].label) if code in BY_CODE else code
