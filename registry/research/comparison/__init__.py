"""Any cases beside any published arms: scores over time, the procedure, complications and the case mix.

Each number stands with its n and interval; what cannot be compared is said; nothing is ranked, and nothing is tested.
"""
