"""Models of a time to the first of several kinds of events."""
