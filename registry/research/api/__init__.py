"""The API of this floor, one module per noun."""
