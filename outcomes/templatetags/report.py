"""Tags of the plain-text templates of reports and letters."""

import re

from django import template

from outcomes.report.layout import HEADING

register = template.Library()

_SPACE = re.compile(r"[ \t\r\n]+")


@register.simple_block_tag
def paragraph(content: str) -> str:
    """Sentences on lines of their own in the template become one line of the text."""
    return f"\n{_SPACE.sub(' ', content).strip()}\n"


@register.simple_block_tag
def heading(content: str) -> str:
    """A line with a blank line above it."""
    return f"\n{HEADING}{_SPACE.sub(' ', content).strip()}\n"
