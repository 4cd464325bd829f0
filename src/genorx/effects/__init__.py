"""What would differ between treatment options, and when not to answer."""
