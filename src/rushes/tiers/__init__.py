"""Where each object is, should be, and how it gets there."""
