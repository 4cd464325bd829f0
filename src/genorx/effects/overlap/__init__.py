"""Where patients can be compared at all, and how far in time."""
