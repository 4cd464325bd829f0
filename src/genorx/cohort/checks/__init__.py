"""Checks of a study before anything is fitted."""
