"""The assets: what people talk about, and how they find it."""
