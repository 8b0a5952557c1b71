"""How the lines of a plain-text template become a text: no blank lines but the one above each heading."""

#: Begins a line that is a heading; no text that is printed holds this control character.
HEADING = "\x1e"


def settle(rendered: str) -> str:
    """The text of a rendered template: lines that tags left empty are gone."""
    lines: list[str] = []
    for line in rendered.split("\n"):
        text = line.strip(" \t\r")
        if text.startswith(HEADING) and lines:
            lines.append("")
        if text.strip(HEADING):
            lines.append(text.strip(HEADING))
    return "\n".join(lines)
