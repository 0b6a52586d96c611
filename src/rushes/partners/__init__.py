"""Partners: assets that are handed to services elsewhere, and what these say of them."""
