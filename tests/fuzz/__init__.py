"""Parsers under mutated input: what each is fed, and what may come out of it."""
