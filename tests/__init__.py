"""The tests, by level, from pure nouns to the whole product in a browser."""
