"""Where a page finds the words of its scripts."""

from django import template

from registry.core.views import script_messages

register = template.Library()


@register.simple_tag
def script_messages_url() -> str:
    """The address of the scripts' messages in the language of the page."""
    return script_messages.address()
