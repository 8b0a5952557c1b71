"""The occlusion of the aorta on a time axis: what stands where, how long it lasted, and what is going on right now.

Times are minutes from incision. Across, places are per cent of the picture's width, so that text keeps its size.
"""

import datetime
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from procedures import codes
from procedures.clock import minute_of
from procedures.models.inflation import STRONG_OCCLUSION_MIN, USUAL_OCCLUSION_MIN, USUAL_REPERFUSION_MIN
from procedures.strategy import reperfusions

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

_STEPS_MIN = (5, 10, 15, 20, 30, 60, 120, 240, 480)
_MOST_TICKS = 8
#: An inflation without an end counts as running for as long as one may last; then its end has not been entered.
LONGEST_MIN = 360
#: How long a reperfusion is counted on after the last deflation.
_REPERFUSION_SHOWN_MIN = 60
#: Least width of a stretch, in per cent, for its words, its zone and minutes, its minutes; on a wide and a narrow page.
_ROOM = {"wide": (16.0, 7.0, 3.0), "narrow": (42.0, 18.0, 7.5)}
ZONE_NUMERALS = {codes.AorticZone.I: "I", codes.AorticZone.II: "II", codes.AorticZone.III: "III"}

#: What is said while the balloon is up, from the minute on at which it becomes true.
_RUNNING_WARNINGS: dict[str, tuple[tuple[int, "StrOrPromise"], ...]] = {
    codes.AorticZone.I: (
        (USUAL_OCCLUSION_MIN[codes.AorticZone.I], gettext_lazy("Above 30 min, the usual limit in zone I.")),
    ),
    codes.AorticZone.II: ((-1, gettext_lazy("Zone II: to be avoided, move the balloon.")),),
    codes.AorticZone.III: (
        (
            USUAL_OCCLUSION_MIN[codes.AorticZone.III],
            gettext_lazy("Above 60 min, the usual limit in zone III."),
        ),
        (
            STRONG_OCCLUSION_MIN[codes.AorticZone.III],
            gettext_lazy("Above 90 min in zone III: ischaemia is likely."),
        ),
    ),
}


@dataclass(frozen=True)
class Stretch:
    """Occlusion by one inflation, or the reperfusion between two (then ``row`` is ``None``)."""

    start: int
    end: int
    row: Any = None
    running: bool = False

    @property
    def minutes(self) -> int:
        return self.end - self.start

    @property
    def zone(self) -> str:
        return str(self.row.get_aortic_zone_display() or "") if self.row is not None else ""

    @property
    def usual_min(self) -> int | None:
        """Minutes that are usual at most; none of them in zone II."""
        zone: Any = self.row.aortic_zone if self.row is not None else None
        return 0 if zone == codes.AorticZone.II else USUAL_OCCLUSION_MIN.get(zone)

    @property
    def over(self) -> bool:
        """Longer than usual, or a reperfusion that is shorter."""
        if self.row is None:
            return self.minutes < USUAL_REPERFUSION_MIN
        return self.usual_min is not None and self.minutes > self.usual_min

    @property
    def above(self) -> str:
        """What it is longer than."""
        if self.row is None or not self.over or not self.usual_min:
            return ""
        return _("above %(minutes)s min for %(zone)s") % {"minutes": self.usual_min, "zone": self.zone}

    @property
    def excess_start(self) -> int | None:
        """The minute at which the occlusion passes what is usual."""
        return self.start + (self.usual_min or 0) if self.row is not None and self.over else None

    def words(self, width: float, page: str) -> str:
        """As much as there is room for."""
        long, short, least = _ROOM[page]
        if self.row is None:
            return str(self.minutes) if width >= least else ""
        if width >= long:
            spoken = _("%(minutes)s min") % {"minutes": self.minutes}
            return f"{self.zone} · {spoken}" if self.zone else spoken
        numeral = ZONE_NUMERALS.get(self.row.aortic_zone, "")
        if width >= short and numeral:
            return f"{numeral} · {self.minutes}"
        return str(self.minutes) if width >= least else ""


@dataclass(frozen=True)
class Drawn:
    """A stretch in its place."""

    stretch: Stretch
    x: str
    width: str
    middle: str
    #: Where the part above what is usual begins, and how wide it is.
    excess_x: str = ""
    excess_width: str = ""
    wide: str = ""
    narrow: str = ""


@dataclass(frozen=True)
class Tick:
    minute: int
    x: str
    anchor: str
    #: Left out where there is little room.
    minor: bool


@dataclass(frozen=True)
class Warning:
    """What becomes true of a running inflation at some minute."""

    minute: int
    sentence: str
    now: bool


@dataclass(frozen=True)
class Timeline:
    """The occlusions of one procedure in order of time."""

    stretches: tuple[Stretch, ...]
    #: The inflation that is going on.
    running: Stretch | None = None
    #: The reperfusion that is going on.
    reperfusing: Stretch | None = None
    now: int | None = None
    #: Whether a time of an inflation is not known, so that the occlusions together lasted longer than can be said.
    partial: bool = False

    @property
    def occlusions(self) -> tuple[Stretch, ...]:
        return tuple(found for found in self.stretches if found.row is not None)

    @property
    def reperfusions(self) -> tuple[Stretch, ...]:
        return tuple(found for found in self.stretches if found.row is None)

    @property
    def total_min(self) -> int:
        return sum(found.minutes for found in self.occlusions)

    @property
    def longest(self) -> Stretch | None:
        return max(self.occlusions, key=lambda found: found.minutes, default=None)

    @property
    def in_words(self) -> str:
        """The picture for those who do not see it."""
        said = []
        for found in self.stretches:
            named = {"start": found.start, "end": found.end, "minutes": found.minutes, "zone": found.zone}
            if found.row is None:
                said.append(_("reperfusion %(minutes)s min") % named)
            elif found.zone:
                said.append(_("occlusion in %(zone)s from %(start)s to %(end)s, %(minutes)s min") % named)
            else:
                said.append(_("occlusion from %(start)s to %(end)s, %(minutes)s min") % named)
        return _("Minutes from incision: %(list)s") % {"list": "; ".join(said)}

    @property
    def running_warnings(self) -> list[Warning]:
        if self.running is None:
            return []
        known = _RUNNING_WARNINGS.get(self.running.row.aortic_zone, ())
        return [Warning(at, str(text), self.running.minutes > at) for at, text in known]

    # -- the picture ---------------------------------------------------------------------------------------------

    @property
    def _step(self) -> int:
        first, last = self._ends
        return next((step for step in _STEPS_MIN if (last - first) / step <= _MOST_TICKS), _STEPS_MIN[-1])

    @property
    def _ends(self) -> tuple[int, int]:
        starts = [found.start for found in self.stretches]
        ends = [found.end for found in self.stretches]
        return min([0, *starts]), max([1, *ends])

    @property
    def axis(self) -> tuple[int, int]:
        """First and last minute of the axis, which always shows the incision."""
        (first, last), step = self._ends, self._step
        return math.floor(first / step) * step, math.ceil(last / step) * step

    def _place(self, minute: int) -> float:
        first, last = self.axis
        return 100 * (minute - first) / (last - first)

    @property
    def incision_x(self) -> str:
        return _percent(self._place(0))

    @property
    def ticks(self) -> list[Tick]:
        (first, last), step = self.axis, self._step
        minutes = range(first, last + 1, step)
        return [
            Tick(
                minute,
                _percent(self._place(minute)),
                "start" if minute == first else "end" if minute == last else "middle",
                # Every second one from the end, so that the last two do not run into each other.
                minor=bool((len(minutes) - 1 - at) % 2) and minute != first,
            )
            for at, minute in enumerate(minutes)
        ]

    @property
    def drawn(self) -> list[Drawn]:
        return [self._draw(found) for found in self.stretches]

    def _draw(self, found: Stretch) -> Drawn:
        x, end = self._place(found.start), self._place(found.end)
        width = max(end - x, 0.3)
        excess = found.excess_start
        return Drawn(
            found,
            _percent(x),
            _percent(width),
            _percent(x + width / 2),
            _percent(self._place(excess)) if excess is not None else "",
            _percent(end - self._place(excess)) if excess is not None else "",
            found.words(width, "wide"),
            found.words(width, "narrow"),
        )


def _percent(share: float) -> str:
    """For an attribute of SVG, so the same in every language."""
    return f"{share:.2f}%"


def running_row(inflations: Iterable[Any], now: int | None) -> Any:
    """The inflation that is going on: the last one, begun and not ended, and no longer than one may last."""
    begun = [row for row in inflations if row.inflated_min is not None]
    # Of two that began in the same minute the one with the higher number came later.
    last = max(begun, key=lambda row: (row.inflated_min, row.number), default=None)
    if last is None or now is None or last.deflated_min is not None or last.missing.get("deflated_min"):
        return None
    return last if 0 <= now - last.inflated_min <= LONGEST_MIN else None


def timeline(procedure: Any, moment: datetime.datetime | None = None) -> Timeline:
    """The timeline of a procedure; with a moment also what is going on then."""
    now = None
    if moment is not None and procedure.incision_at is not None:
        now = minute_of(procedure.incision_at, moment)
    inflations = list(procedure.balloon_inflations.all())
    occlusions = [
        Stretch(row.inflated_min, row.deflated_min, row)
        for row in inflations
        if row.inflated_min is not None and row.deflated_min is not None
    ]
    running = running_row(inflations, now)
    current = None
    if running is not None and now is not None:
        current = Stretch(running.inflated_min, now, running, running=True)
        occlusions.append(current)
    gaps = [Stretch(start, end) for start, end in reperfusions(inflations)]
    found = sorted([*occlusions, *gaps], key=lambda stretch: (stretch.start, stretch.end))
    return Timeline(
        tuple(found),
        current,
        _reperfusing(inflations, now) if current is None else None,
        now,
        partial=len(occlusions) < len(inflations),
    )


def _reperfusing(inflations: list[Any], now: int | None) -> Stretch | None:
    last = max((row.deflated_min for row in inflations if row.deflated_min is not None), default=None)
    if now is None or last is None:
        return None
    if any(
        row.deflated_min is None and row.inflated_min is not None and row.inflated_min >= last
        for row in inflations
    ):
        return None  # when that one ended is not known
    return Stretch(last, now) if 0 <= now - last <= _REPERFUSION_SHOWN_MIN else None
