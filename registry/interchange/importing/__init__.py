"""Files from outside become records: read, checked as a whole, shown, confirmed, written as one change."""
