"""Pages of assessments, complications and follow-up."""
