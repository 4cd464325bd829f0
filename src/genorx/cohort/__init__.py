"""Study file, record tables, audit, joining by patient, treatment design."""
