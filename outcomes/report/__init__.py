"""Procedure report and discharge letter, drafted as text from what was entered.

Python says each value in the words of the case page, or shows that it is missing (``phrases``); the plain-text
templates in ``templates/outcomes/report/`` put these phrases into sentences (``draft``).
"""
