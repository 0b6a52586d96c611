"""Stores: where bytes live, behind one small protocol for each ability."""
