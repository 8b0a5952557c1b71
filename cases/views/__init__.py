"""Pages of patients, cases, lesions and treatments, and the dashboard."""
