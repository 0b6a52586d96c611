"""The command line: a shell around the house, as HTTP is another."""
