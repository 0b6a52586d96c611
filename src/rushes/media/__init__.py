"""The craft: what a medium is, and how it becomes something that people can watch."""
