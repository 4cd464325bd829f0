"""Help of every command as text, for the reference page."""

import os
from collections.abc import Iterator

os.environ["COLUMNS"] = "100"

from genorx.cli.app import app  # the width is read when typer loads


def help_pages() -> Iterator[tuple[str, str]]:
    """Yield each command's name and its help."""
    from typer.main import get_command
    from typer.testing import CliRunner

    yield from _pages(CliRunner(), get_command(app), ())


def _pages(runner, command, path) -> Iterator[tuple[str, str]]:
    for name, child in sorted(command.commands.items()):
        if hasattr(child, "commands"):
            yield from _pages(runner, child, (*path, name))
        else:
            whole = (*path, name)
            yield " ".join(whole), runner.invoke(app, [*whole, "--help"]).output.rstrip()
