"""What there is to say of a study before anything is fitted."""
