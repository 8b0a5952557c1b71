"""The pages and fragments of this floor, one module per noun."""
