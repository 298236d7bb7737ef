"""A stage looked at: what is stored, what is published, what viewers get, and what became of the last run."""
