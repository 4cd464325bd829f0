"""The study file: its keys, the rules between them, possible options, and benefit against harm."""
