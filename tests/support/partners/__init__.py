"""Small servers on loopback that follow what partners have published of their services."""
