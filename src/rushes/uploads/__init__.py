"""How bytes come in: one upload, any bad line, and an answered offset that is never lost."""
