"""Merging: two patients of one centre who turn out to be one person become one."""
