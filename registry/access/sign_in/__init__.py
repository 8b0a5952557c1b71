"""Signing in: passwords, second factors, lock-out, limits of sessions, and what of it is noted."""
