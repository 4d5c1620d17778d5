"""Statements on their way to people: as JSON, in words, as CSV, as PDF, and the run that makes those of everybody."""
