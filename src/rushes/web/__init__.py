"""Pages: the shells that the server writes, and the bundle that makes them work."""
