"""An attacker who has one aggregate output, and knows all that is published: which small numbers can they work out?

The output is read as programs read it. Each number in it is the size of a set of cases or lesions, which the test
knows; the attacker knows the sizes only. They add, subtract along margins and between columns, take numbers that lie
within each other apart, turn percentages with their base and intervals with their spread back into counts.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from registry.research.cohort_statistics.data import CohortData
from registry.research.cohort_statistics.tables import CASE, LESION, MISSING, StatisticsTable


@dataclass(frozen=True)
class Known:
    """A number of the output, as the set of units it counts."""

    what: str
    unit: str
    members: frozenset[int]


class Attack:
    def __init__(
        self, data: CohortData, exact: Any, shown: Any, output: list[dict[str, Any]], limit: int
    ) -> None:
        self.data, self.limit = data, limit
        self.exact: dict[str, StatisticsTable] = {table.name: table for table in exact.tables}
        self.groups = {group.code or "all": group for group in data.groups if group.code in shown.groups}
        self.output = output

    def cases_of(self, unit: str) -> list[int]:
        if unit == CASE:
            return list(range(len(self.data.cases)))
        return list(self.data.frames["lesions" if unit == LESION else "treated_lesions"].case)

    def found(self) -> list[str]:
        """Every small number of unpublished units that can be worked out, in words."""
        known = list(self.known())
        found = [f"shown as it is: {one.what}" for one in known if self.is_small(one.unit, one.members)]
        for unit in sorted({one.unit for one in known}):
            sets = {sum(1 << n for n in one.members): one.what for one in known if one.unit == unit}
            for _round in range(2):
                sets = dict(self.differences(sets)) | sets
                if len(sets) > 1500:
                    break
            published = self.data.published
            secret = sum(1 << n for n, case in enumerate(self.cases_of(unit)) if not published[case])
            found += [
                f"worked out: {what}"
                for members, what in sets.items()
                if 0 < (members & secret).bit_count() <= self.limit
            ]
        return [*found, *self.spreads(), *self.lesions_beside_cases(known), *self.weights(), *self.totals()]

    def is_small(self, unit: str, members: frozenset[int]) -> bool:
        cases = self.cases_of(unit)
        secret = [n for n in members if not self.data.published[cases[n]]]
        return 0 < len(secret) <= self.limit

    @staticmethod
    def differences(sets: dict[int, str]) -> Iterator[tuple[int, str]]:
        """What lies within another leaves a rest."""
        for (one, what), (other, also) in itertools.permutations(sets.items(), 2):
            if other and other & one == other:
                yield one ^ other, f"({what}) less ({also})"

    def known(self) -> Iterator[Known]:
        for table in self.output:
            exact = self.exact[table["table"]]
            blocks = {self.key(block.about.as_dict(), block.about.answer): block for block in exact.blocks}
            for group, size in table["sizes"].items():
                members = self.members(exact.unit, group)
                assert size == len(members)
                yield Known(f"{table['table']} {group}", exact.unit, members)
            for block in table["blocks"]:
                first = block["lines"][0]["category"]
                found = (
                    blocks.get(self.key(block | {"category": first}, "yes")) or blocks[self.key(block, "")]
                )
                yield from self.of_block(block, found)

    @staticmethod
    def key(block: dict[str, Any], answer: str) -> tuple[Any, ...]:
        """A question about one category is a block of its own."""
        category = block["category"] if answer else ""
        return (block["variable"], block["measure"], block["time_point"], category)

    def members(self, unit: str, group: str) -> frozenset[int]:
        inside = set(self.groups[group].members)
        return frozenset(n for n, case in enumerate(self.cases_of(unit)) if case in inside)

    def of_block(self, block: dict[str, Any], exact: Any) -> Iterator[Known]:
        partition = {name: frozenset(positions) for name, positions in exact.partition.items()}
        everybody = frozenset().union(*partition.values())
        known = everybody - partition[MISSING]
        lines = {line.about.category: line for line in exact.lines}
        for shown in block["lines"]:
            # What is withheld in whole has a line without its category.
            line = lines.get(shown["category"], exact.lines[0])
            for group, cell in shown["groups"].items():
                inside = self.members(exact.unit, group)
                what = f"{block['variable']} {block['measure']} {block['time_point']} {shown['category']} {group}"
                if cell.get("n") is not None:
                    assert int(str(cell["n"])) == len(known & inside), what
                    yield Known(f"{what}: n", exact.unit, known & inside)
                    yield Known(f"{what}: missing", exact.unit, partition[MISSING] & inside)
                if cell.get("count") is not None:
                    category = line.about.answer or line.about.category
                    counted = partition.get(category, frozenset()) & inside
                    assert cell["count"] == len(counted), what
                    yield Known(f"{what}: count", exact.unit, counted)
                    if cell.get("n") is not None:
                        yield Known(f"{what}: the others", exact.unit, (known & inside) - counted)
                if cell.get("at_risk") is not None:
                    at_risk = frozenset().union(
                        *(
                            members
                            for name, members in partition.items()
                            if name == "at risk" or name.endswith(" at")
                        )
                    )
                    events = frozenset().union(
                        *(members for name, members in partition.items() if name.startswith("1"))
                    )
                    assert cell["at_risk"] == len(at_risk & inside) and cell["events"] == len(
                        events & inside
                    ), what
                    yield Known(f"{what}: at risk", exact.unit, at_risk & inside)
                    yield Known(f"{what}: events", exact.unit, events & inside)

    def spreads(self) -> Iterator[str]:
        """A share needs its count, an interval its n, a comparison both of every category: else they tell them."""
        for table in self.output:
            for block in table["blocks"]:
                cells = [cell for line in block["lines"] for cell in line["groups"].values()]
                for cell in cells:
                    if cell.get("share") is not None and cell.get("count") is None:
                        yield f"a share without its count: {block['variable']}"
                    if cell.get("ci_low") is not None and cell.get("n") is None:
                        yield f"an interval without its n: {block['variable']}"
                    for name in ("statistic", "df", "min", "max"):
                        if cell.get(name) and not self.all_published():
                            yield f"{name} of {block['variable']}"
                if "comparison" in block and any(cell.get("withheld") for cell in cells):
                    yield f"a comparison of what is withheld: {block['variable']}"

    def weights(self) -> Iterator[str]:
        """The mean of a whole is that of its parts, weighed by n: beside each other they tell an n that is withheld."""
        for table in self.output:
            for block in table["blocks"]:
                for line in block["lines"]:
                    bare = {
                        group: frozenset(self.groups[group].members)
                        for group, cell in line["groups"].items()
                        if cell.get("mean") is not None and cell.get("n") is None
                    }
                    for (one, left), (other, right) in itertools.combinations(bare.items(), 2):
                        if not left & right and (left | right) in bare.values():
                            yield f"{block['variable']} {block['time_point']}: {one} and {other} beside their whole"

    def totals(self) -> Iterator[str]:
        """All volume is n times the mean, over cases and over lesions: one n tells the other."""
        found: dict[str, dict[str, Any]] = {}
        for table in self.output:
            for block in table["blocks"]:
                found[block["variable"]] = block["lines"][0]["groups"]
        lesions, cases = found.get("lesions.volume_ml", {}), found.get("case_summary.volume_ml__sum", {})
        of_case = self.data.frames["lesions"]
        for group, cell in lesions.items():
            other = cases.get(group, {})
            if cell.get("mean") is None or other.get("mean") is None:
                continue
            if cell.get("n") is None or other.get("n") is None:
                yield f"volume of {group}: an n that is withheld follows from the other"
            inside = [
                case
                for case, volume in zip(of_case.case, of_case["volume_ml"], strict=True)
                if volume is not None
                and case in set(self.groups[group].members)
                and not self.data.published[case]
            ]
            if 0 < len(inside) - len(set(inside)) <= self.limit:
                yield f"volume of {group}: how few cases have several volumes"

    def all_published(self) -> bool:
        return all(self.data.published)

    def lesions_beside_cases(self, known: list[Known]) -> Iterator[str]:
        """More lesions than cases by a few tells how few cases have several."""
        for table in self.output:
            exact = self.exact[table["table"]]
            if exact.unit != CASE:
                for group in table["sizes"]:
                    published = self.data.published
                    lesions = [c for c in self.cases_of(exact.unit) if c in set(self.groups[group].members)]
                    more = sum(not published[c] for c in lesions) - sum(
                        not published[c] for c in self.groups[group].members
                    )
                    if 0 < abs(more) <= self.limit:
                        yield f"{more} more lesions than cases in {group}"
