"""Durable work: what must not be lost, and what a job looks like to people."""
