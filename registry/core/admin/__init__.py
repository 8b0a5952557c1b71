"""The admin of records: everything it writes goes through the write door, every refusal is an error on the page."""

from registry.core.admin.desk import Desk, register_desk
from registry.core.admin.filters import CenterFilter
from registry.core.admin.inlines import RecordInline, StackedRecordInline
from registry.core.admin.noting import NotesInOneLanguage
from registry.core.admin.queues import Queue, Tool, register_queue, register_tool
from registry.core.admin.readonly import ReadOnlyAdmin
from registry.core.admin.record import RecordAdmin
from registry.core.admin.shown import Column, Shown, chip, columns, link

__all__ = [
    "CenterFilter",
    "Column",
    "Desk",
    "NotesInOneLanguage",
    "Queue",
    "ReadOnlyAdmin",
    "RecordAdmin",
    "RecordInline",
    "Shown",
    "StackedRecordInline",
    "Tool",
    "chip",
    "columns",
    "link",
    "register_desk",
    "register_queue",
    "register_tool",
]
