"""What of a release may be handed out now: rights and consent are asked again whenever somebody asks for a file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from registry.access.scope import visible_centers
from registry.research.models import Release
from registry.research.releases import ascertained
from registry.research.releases.consent import erased_of, withdrawn_since
from registry.research.releases.content import README, RESULTS

#: Files that are not tables and say something of the centres.
OF_CENTERS = (RESULTS, ascertained.FILE, README)


@dataclass(frozen=True)
class Standing:
    """Patients who withdrew their consent since (public id → key), and centres that the reader has lost."""

    withdrawn: Mapping[str, int]
    lost: tuple[str, ...]
    #: How many of the former have been erased.
    erased: int = 0

    @property
    def why(self) -> str:
        """Why tables are withheld, as a sentence; empty where they are not."""
        if self.lost:
            return _("You may no longer read %(centers)s, whose patients are in this release.") % {
                "centers": ", ".join(self.lost)
            }
        if self.withdrawn:
            return " ".join(self._who())
        return ""

    def _who(self) -> Iterator[str]:
        n = len(self.withdrawn) - self.erased
        if n:
            yield ngettext(
                "%(n)d patient of this release has withdrawn consent since.",
                "%(n)d patients of this release have withdrawn consent since.",
                n,
            ) % {"n": n}
        if self.erased:
            yield ngettext(
                "%(n)d patient of this release has been erased since.",
                "%(n)d patients of this release have been erased since.",
                self.erased,
            ) % {"n": self.erased}

    def withholds(self, file: Mapping[str, Any]) -> bool:
        """Tables are withheld for either reason, results only from who has lost the right to what is behind them."""
        return bool(file["table"] and self.why) or bool(file["file"] in OF_CENTERS and self.lost)


def standing(release: Release, user: Any) -> Standing:
    """How things stand for this reader."""
    if not release.is_ready:
        return Standing({}, ())
    seen = set(visible_centers(user).values_list("pk", flat=True))
    lost = sorted(center["code"] for center in release.centers if center["id"] not in seen)
    withdrawn = withdrawn_since(release)
    return Standing(withdrawn, tuple(lost), len(erased_of(withdrawn.values())) if withdrawn else 0)
