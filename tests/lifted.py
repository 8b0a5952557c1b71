"""Tests that empty tables, or tamper with them, take the triggers down first and put them up again."""

from contextlib import contextmanager

from registry.core.chain import triggers


@contextmanager
def triggers_down():
    triggers.remove()
    try:
        yield
    finally:
        triggers.install()
