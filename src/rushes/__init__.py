"""Rushes: large media in over any bad line, watchable when its last byte lands."""
