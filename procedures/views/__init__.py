"""Pages of procedures and the rows beneath them."""
