"""Pages of the browser, one file per view."""
