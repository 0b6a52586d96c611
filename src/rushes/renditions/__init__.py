"""From an original to what people can watch."""
