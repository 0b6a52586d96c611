"""The API: requests in, problem or answer out; no decision of its own."""
