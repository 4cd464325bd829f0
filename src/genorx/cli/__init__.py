"""The genorx command, one file a subcommand, each a thin shell over a library call."""
