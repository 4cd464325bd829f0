"""Models of a time to the first of several competing events."""
