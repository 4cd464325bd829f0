"""A disease's course through states: a survival model for each transition between them."""
