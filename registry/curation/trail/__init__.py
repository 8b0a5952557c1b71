"""The history of the whole study: every change of every record, found by who, when, where, what and why."""
