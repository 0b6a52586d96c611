"""What happened, in order, for ever; and who is told."""
