"""Who may come in, where things belong, and who may do what."""
