"""The arithmetic of printed numbers: what a paper prints held against what else it prints.

A printed number stands for every value that rounds to it. A check is inconsistent only when no values within the
rounding of all its inputs agree; what cannot be computed from what is printed is not testable. The words stay neutral:
missing data or another way of counting can explain a mismatch.
"""
