"""The timeline as a drawing: where each mark and each label stands, so that no two labels run into each other.

Across, places are per cent of the width, so that text keeps its size; down, they are pixels. Labels are laid out for
the narrowest picture that is shown; on anything wider there is only more room between them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from outcomes.axis import DayAxis
from outcomes.plan import State
from outcomes.timeline import Event

#: The narrowest picture in pixels, and the width of a letter in it.
NARROWEST_PX = 880
LETTER_PX = 7.6
#: Part of the width that stays free left and right of the first and last day.
MARGIN_PERCENT = 5.5
LANE_PX = 24
LINE_PX = 19
#: Least distance between two days, as a share of the width.
LEAST = 0.12
MARK_PX = 14


def beneath(event: Event) -> list[str]:
    """The words beneath a time point: of an open one how it stands and its window, else when it was and what is odd."""
    label = event.short or event.label
    if event.until is not None:
        first, last = event.until
        return [label, str(State(event.state).label), f"{first} –", last]
    return [text for text in (label, event.when, event.note) if text]


@dataclass(frozen=True)
class Mark:
    """One event on the picture."""

    event: Event
    x: float
    y: float
    #: Baseline of the label's first line, and where the text begins from the mark (``start``, ``middle``, ``end``).
    text_y: float
    anchor: str = "middle"
    #: Window of a time point: left edge and width in per cent.
    window: tuple[float, float] | None = None

    @property
    def lines(self) -> tuple[tuple[float, str], ...]:
        texts = beneath(self.event) if self.event.is_point else [self.in_line]
        return tuple((self.text_y + number * LINE_PX, text) for number, text in enumerate(texts))

    @property
    def state_line(self) -> int:
        """Which line of the label says how a time point stands, counted from one."""
        return 2 if self.event.until is not None else len(self.lines)

    @property
    def in_line(self) -> str:
        """The label of what stands above the line: words and when, on one line."""
        return " · ".join(text for text in (self.event.label, self.event.when) if text)


@dataclass(frozen=True)
class Drawing:
    """The whole picture. ``line`` is the height of the axis."""

    marks: tuple[Mark, ...]
    height: float
    line: float
    #: Where today stands, in per cent, if it lies between first and last day.
    today: float | None
    undated: tuple[Event, ...]


def _percent(place: float) -> float:
    return round(MARGIN_PERCENT + (100 - 2 * MARGIN_PERCENT) * place, 2)


def _width_percent(text: str) -> float:
    return 100 * len(text) * LETTER_PX / NARROWEST_PX


def draw(events: Sequence[Event], today: int | None) -> Drawing | None:
    """The events that have a day; ``None`` where there are none. ``today`` is the day after the index procedure."""
    dated = [event for event in events if event.day is not None]
    if not dated:
        return None
    days = [event.day for event in dated if event.day is not None]
    axis = DayAxis(days, min(LEAST, 0.98 / max(1, len(set(days)) - 1)))
    places = {day: _percent(axis.place(day)) for day in days}
    above, lanes = _above([event for event in dated if not event.is_point], places)
    line = lanes * LANE_PX + MARK_PX
    below, depth = _below([event for event in dated if event.is_point], places, line, axis)
    marks = [
        Mark(event, x, line - MARK_PX - lane * LANE_PX, line - MARK_PX - lane * LANE_PX + 5, anchor)
        for event, x, lane, anchor in above
    ]
    shown_today = today is not None and min(days) < today < max(days)
    return Drawing(
        marks=(*marks, *below),
        height=line + depth,
        line=line,
        today=_percent(axis.place(float(today))) if shown_today and today is not None else None,
        undated=tuple(event for event in events if event.day is None),
    )


def _above(
    events: Sequence[Event], places: dict[float, float]
) -> tuple[list[tuple[Event, float, int, str]], int]:
    """Event, place, lane from the line upwards, and on which side of the mark its words stand.

    Later events are placed first: what is earlier stands higher, and the line down from its mark crosses no words.
    """
    taken: list[list[tuple[float, float]]] = []
    found = []
    for event in sorted(events, key=lambda row: -places[row.day or 0.0]):
        x = places[event.day or 0.0]
        text = Mark(event, x, 0, 0).in_line
        width = _width_percent(text) + 3
        anchor = "start" if x + width < 100 else "end"
        span = (x - 1.5, x + width) if anchor == "start" else (x - width, x + 1.5)
        lane = _free_lane(taken, span)
        found.append((event, x, lane, anchor))
    return found, len(taken)


def _below(
    events: Sequence[Event], places: dict[float, float], line: float, axis: DayAxis
) -> tuple[list[Mark], float]:
    """Marks on the line with their words beneath; a label that has no room beside the others stands lower."""
    taken: list[list[tuple[float, float]]] = []
    placed = []
    for event in events:
        x = places[event.day or 0.0]
        half = max(_width_percent(text) for text in beneath(event)) / 2 + 0.3
        anchor = "start" if x - half < 0 else "end" if x + half > 100 else "middle"
        left = x - 1 if anchor == "start" else x - 2 * half if anchor == "end" else x - half
        placed.append((event, x, anchor, _free_lane(taken, (left, left + 2 * half))))
    rows = [
        max(len(beneath(event)) for event, _x, _anchor, lane in placed if lane == number)
        for number in range(len(taken))
    ]
    tops = [
        line + 26.0,
        *(line + 26.0 + sum(rows[: n + 1]) * LINE_PX + 6 * (n + 1) for n in range(len(rows))),
    ]
    found = [
        Mark(event, x, line, tops[lane], anchor, _window(event, axis)) for event, x, anchor, lane in placed
    ]
    return found, (tops[-1] - line - 8 if placed else 2 * MARK_PX)


def _window(event: Event, axis: DayAxis) -> tuple[float, float] | None:
    if event.window is None:
        return None
    first, last = (_percent(axis.place(float(day))) for day in event.window)
    return first, round(last - first, 2)


def _free_lane(taken: list[list[tuple[float, float]]], span: tuple[float, float]) -> int:
    for number, lane in enumerate(taken):
        if all(span[1] <= start or span[0] >= end for start, end in lane):
            lane.append(span)
            return number
    taken.append([span])
    return len(taken) - 1
