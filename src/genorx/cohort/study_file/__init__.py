"""The study file: its keys, the rules between them, what it says of possible options and of benefit against harm."""
