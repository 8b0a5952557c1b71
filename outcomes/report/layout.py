"""How the lines of a plain-text template become a text: no blank lines but the one above each heading, and no gap that
repeats the name before it.
"""

import re

#: Begins a line that is a heading; no text that is printed holds this control character, nor the two below.
HEADING = "\x1e"
#: Stand around the name of a value in its gap: “[␂blood loss␃: not recorded]”.
NAME, NAME_END = "\x02", "\x03"
_NAMED = re.compile(f"{NAME}([^{NAME_END}]*){NAME_END}([^\\w\\]]*)")


def settle(rendered: str) -> str:
    """The text of a rendered template: lines that tags left empty are gone."""
    lines: list[str] = []
    for line in rendered.split("\n"):
        text = line.strip(" \t\r")
        if text.startswith(HEADING) and lines:
            lines.append("")
        if text.strip(HEADING):
            lines.append(_once(text.strip(HEADING)))
    return "\n".join(lines)


def _once(line: str) -> str:
    """The line with the names of its gaps, but for those that stand before the gap already."""

    def name(found: re.Match[str]) -> str:
        before = line[: found.start()].rstrip(" [:–").casefold()
        return "" if before.endswith(found[1].casefold()) else found[1] + found[2]

    return _NAMED.sub(name, line)
