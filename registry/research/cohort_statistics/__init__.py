"""The statistics of a cohort and its arms: read in a few queries, computed once, shown by page, API and file."""
