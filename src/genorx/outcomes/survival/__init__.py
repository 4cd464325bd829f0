"""Models of a time to one kind of event."""
