"""Pages of curation."""
