"""What aggregate output may show: no number of unpublished patients from 1 to the limit, and none that follows.

The members of every count are known here, so what could be computed from the counts of one output is found out with
sets. A count is a set of units (cases, lesions); it is small where its unpublished units belong to one to ``limit``
patients. A new set of counts is admitted beside those already shown if

* none of them is small (nobody at all may be shown: it says that there is nobody), and
* no count shown, and no difference of two of them, less others within it that do not overlap, leaves a small rest:
  sums, margins, differences between an arm and the whole, and between nested numbers such as those at risk, all have
  this form.

Whether one count lies within another is taken from the data, which an attacker does not have: more is withheld than
they could find out.

Percentages with their base, means with their n, intervals and P values tell the count they come from; who shows them
asks for that count. Published units are exempt: everybody can count them, and subtract them.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

#: How many steps a search for a small rest may take; what takes longer is not shown.
MOST_STEPS = 2_000


class Ledger:
    """The counts of one output over one kind of unit. Sets are whole numbers, a bit for each unit."""

    def __init__(self, owners: Sequence[Hashable], published: Sequence[bool], limit: int) -> None:
        self.limit = limit
        numbers: dict[Hashable, int] = {}
        self.owners = [numbers.setdefault(owner, len(numbers)) for owner in owners]
        #: The most units that a patient has.
        self.most = max(Counter(self.owners).values(), default=1)
        self.secret = self._bits(n for n, is_published in enumerate(published) if not is_published)
        self.shown: dict[int, None] = {}
        #: Every count that is shown or follows from two of them, with those that lie within it.
        self.parts: dict[int, list[int]] = {}

    @staticmethod
    def _bits(positions: Iterable[int]) -> int:
        found = bytearray()
        for position in positions:
            byte, bit = divmod(position, 8)
            if byte >= len(found):
                found.extend(bytes(byte + 1 - len(found)))
            found[byte] |= 1 << bit
        return int.from_bytes(found, "little")

    def members(self, positions: Iterable[int]) -> int:
        """The unpublished of these units."""
        return self._bits(positions) & self.secret

    def patients(self, members: int) -> int:
        """How many patients these units belong to; above the limit some number above it."""
        units = members.bit_count()
        if self.most == 1 or units > self.limit * self.most:
            return units
        found: set[int] = set()
        while members and len(found) <= self.limit:
            lowest = members & -members
            found.add(self.owners[lowest.bit_length() - 1])
            members ^= lowest
        return len(found)

    def is_small(self, members: int) -> bool:
        return 0 < self.patients(members) <= self.limit

    def admit(self, sets: Iterable[int]) -> bool:
        """Whether these counts may be shown beside those that are; if so, they are from now on."""
        new = {members: None for members in sets if members and members not in self.parts}
        if any(self.is_small(members) for members in new):
            return False
        shown = [*self.shown, *new]
        # What is left of a count without one that lies within it is as good as shown.
        rests = [
            rest
            for one in new
            for other in shown
            for rest in (
                one & ~other if one & other == other else 0,
                other & ~one if one & other == one else 0,
            )
        ]
        added = new | dict.fromkeys(rest for rest in rests if rest and rest not in self.parts)
        if any(self.is_small(rest) for rest in added):
            return False
        within = self._within(added)
        for whole, parts in within.items():
            every = [*self.parts.get(whole, ()), *parts]
            # Among those known before only a new part can leave a rest that was not looked for yet.
            begin = (0,) if whole in added else parts
            if any(_Search(self).finds(whole & ~part, every) for part in begin):
                return False
        for whole, parts in within.items():
            self.parts.setdefault(whole, []).extend(parts)
        for members in added:
            self.parts.setdefault(members, [])
        self.shown |= new
        return True

    def _within(self, added: Mapping[int, None]) -> dict[int, list[int]]:
        """Which parts each count gets that it did not have: new ones within old and new, old ones within new."""
        found: dict[int, list[int]] = {}
        for one in added:
            for other in self.parts:
                if one & other == one:
                    found.setdefault(other, []).append(one)
                elif one & other == other:
                    found.setdefault(one, []).append(other)
            for other in added:
                if other != one and one & other == one:
                    found.setdefault(other, []).append(one)
        return found


class _Search:
    """Looks for parts that do not overlap and leave a small rest of a whole."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.steps = ledger, 0

    def finds(self, left: int, parts: Sequence[int], spared: int = 0) -> bool:
        """``left`` is not yet decided about, ``spared`` is to be the rest. Gives up as if it had found one."""
        self.steps += 1
        if self.steps > MOST_STEPS or self.ledger.is_small(left | spared):
            return True
        parts = [part for part in parts if part & left == part]
        reach = 0
        for part in parts:
            reach |= part
        if not parts or self.ledger.patients((left & ~reach) | spared) > self.ledger.limit:
            return False
        unit = reach & -reach
        return any(self.finds(left ^ part, parts, spared) for part in parts if part & unit) or self.finds(
            left ^ unit, parts, spared | unit
        )


def shown_categories(
    ledger: Ledger, partition: Mapping[str, int], regions: Sequence[int]
) -> frozenset[str] | None:
    """The categories of a partition of all units whose counts may be shown in every region, and notes them as shown.

    Regions are parts of all units that do not overlap, such as arms. Small categories are withheld, and with them
    others, the smallest first, until what is withheld is not small as a whole either and follows from nothing else.
    ``None`` where nothing can be shown.
    """
    there = [category for category in partition if partition[category]]
    withheld = {
        category
        for category in there
        if any(ledger.is_small(partition[category] & region) for region in regions)
    }
    rest = sorted(
        (category for category in there if category not in withheld),
        key=lambda category: partition[category].bit_count(),
    )
    while len(withheld) < len(there) or not there:
        if len(withheld) != 1 and ledger.admit(_sets(partition, regions, there, withheld)):
            return frozenset(partition) - withheld
        if rest:
            withheld.add(rest.pop(0))
    return None


def _sets(
    partition: Mapping[str, int], regions: Sequence[int], there: Iterable[str], withheld: set[str]
) -> list[int]:
    """The counts that are shown if some categories are withheld: each of the others, and the withheld ones together.

    With every count its complement within the region, which follows from it.
    """
    together = 0
    for category in withheld:
        together |= partition[category]
    cells: list[Any] = [partition[category] for category in there if category not in withheld]
    found = [cell & region for region in regions for cell in (*cells, together)]
    return found + [region & ~cell for region in regions for cell in (*cells, together)]
