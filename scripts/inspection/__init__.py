"""Inspects a stage: what is stored and published, what viewers get, and how the last run ended."""
