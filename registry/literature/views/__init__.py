"""Pages of the literature, one module per noun."""
