"""Signed playback, ranges and downloads: the ways of handing out."""
