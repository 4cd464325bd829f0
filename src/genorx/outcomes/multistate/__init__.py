"""Multistate models: a survival model for each transition between a disease's states."""
