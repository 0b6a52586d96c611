"""What the tests stand on: real small parts, a clock that can be set, and the rules of a run."""
