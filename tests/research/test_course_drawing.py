"""The drawing of own pain beside the published one: every name can be read, and every time point has its room."""

import itertools

import pytest

from registry.literature.models import Publication, Statistic
from registry.research.course import SCALES
from registry.research.course_drawing import LINE, NARROW, WIDE, draw
from registry.research.moments import Moments
from registry.research.own_course import OwnCourse, Row
from registry.research.published import Group, Printed, Reported

#: The published groups: author, arm, and mean and SD by time point.
GROUPS = [
    ("Andresen", "", {"baseline": (9.3, 0.67), "day_2": (2.7, 1.28), "month_6": (2.9, 0.81)}),
    ("Tian", "", {"baseline": (7.7, 0.8), "day_1": (5.3, 0.6), "week_1": (3.4, 0.8), "month_3": (1.5, 0.6)}),
    ("Tian2", "PSP + RFA", {"baseline": (7.43, 1.56), "day_1": (2.25, 1.35)}),
    ("Tian2", "PSP", {"baseline": (7.45, 1.61), "day_1": (3.02, 1.55)}),
]
OWN = {"baseline": 7.3, "day_1": 2.9, "month_1": 2.8, "month_3": 3.0, "month_6": 2.9, "month_12": 2.8}


def reported(point, mean, sd):
    numbers = {Statistic.MEAN: mean, Statistic.SD: sd}
    return Reported(point, {kind: Printed(value, str(value), "", None) for kind, value in numbers.items()})


@pytest.fixture
def course():
    papers = {
        author: Publication(slug=author, authors=[author], year=2022) for author, _arm, _course in GROUPS
    }
    rows = {point: Row(point, Moments(50, mean, 1.5)) for point, mean in OWN.items()}
    groups = []
    for number, (author, arm, means) in enumerate(GROUPS):
        groups.append(Group(papers[author], None, frozenset(), arm, None))
        for point, (mean, sd) in means.items():
            rows.setdefault(point, Row(point)).published[number] = reported(point, mean, sd)
    return OwnCourse(SCALES[0], tuple(sorted(rows.values(), key=lambda row: row.day)), tuple(groups))


def apart(a, b):
    return a.right <= b.left or b.right <= a.left or abs(a.y - b.y) >= LINE


@pytest.mark.parametrize("frame", [WIDE, NARROW])
def test_no_name_covers_another_or_a_value(course, frame):
    drawing = draw(course, "Own cases", frame)
    labels = drawing.labels + drawing.own_labels
    assert {label.text for label in labels} == {
        "Andresen 2022",
        "Tian 2022",
        "Tian2 2022, PSP + RFA",
        "Tian2 2022, PSP",
        "Own cases",
    }
    assert all(apart(a, b) for a, b in itertools.combinations(labels, 2))
    lines = (*drawing.published, drawing.own)
    for label, dot in itertools.product(labels, [dot for line in lines for dot in line.dots]):
        assert not (label.left < dot.x < label.right and abs(label.y - dot.y) < LINE / 2), label
    assert all(label.left >= 0 and label.right <= frame.width for label in labels)
    assert all(0 < label.y < drawing.base for label in labels)


@pytest.mark.parametrize("frame", [WIDE, NARROW])
def test_a_name_that_had_to_move_is_led_to_its_line(course, frame):
    drawing = draw(course, "Own cases", frame)
    for label in drawing.labels:
        (end,) = [
            line.dots[-1]
            for line in drawing.published
            if line.dots[-1].x == label.end.x and line.dots[-1].y == label.end.y
        ]
        assert bool(label.leader) == (abs(label.y - end.y) > 1.5 * LINE)


@pytest.mark.parametrize(("frame", "least"), [(WIDE, 50), (NARROW, 36)])
def test_time_points_have_room_for_their_names(course, frame, least):
    places = [tick["x"] for tick in draw(course, "Own cases", frame).ticks]
    assert min(later - earlier for earlier, later in itertools.pairwise(places)) >= least
