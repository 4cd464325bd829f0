"""The command ``genorx``: one file per command, each a thin layer over a library call."""

from genorx.cli.app import app, main

__all__ = ["app", "main"]
