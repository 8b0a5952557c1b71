"""Quality rules: what is looked for in the data of the centres, each declared once."""
