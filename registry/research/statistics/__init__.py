"""Statistics on plain numbers, one family per module. Nothing here knows a model or the database.

A value that is ``None`` or no finite number is missing: it is counted, never guessed. What cannot be computed is
answered with a reason in words, never with an exception. scipy is imported inside the functions, as it takes a second.
"""
