"""Is it what it says it is, is it whole, is it clean."""
