"""Write man pages, one a command, from the help of the commands: ``python scripts/write_man.py FOLDER``.

The shape is that of help2man: name, synopsis, description, options, example.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.main import get_command

from genorx import __version__
from genorx.cli.app import app


def main(folder: str) -> None:
    """Write the pages to a folder, which is made where it is not there."""
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    for name, command in commands(get_command(app), ()):
        (place / f"{'-'.join(name)}.1").write_text(page(name, command), encoding="utf-8")


def commands(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield each command with its name, the whole first."""
    name = (*path, command.name or "genorx")
    yield name, command
    for child in getattr(command, "commands", {}).values():
        yield from commands(child, name)


def page(name: tuple[str, ...], command: Any) -> str:
    """Return a command's page as troff."""
    said = (command.help or "").strip().split("\n\n")
    lines = [f'.TH "{"-".join(name).upper()}" "1" "" "genorx {__version__}" "User Commands"']
    lines += [".SH NAME", rf"{plain('-'.join(name))} \- {plain(said[0].rstrip('.'))}"]
    lines += [".SH SYNOPSIS", rf"\fB{plain(' '.join(name))}\fR {plain(' '.join(_usage(command)))}"]
    lines += [".SH DESCRIPTION", *(line for part in said for line in (".PP", plain(part)))]
    options = [each for each in command.params if each.param_type_name == "option" and not each.hidden]
    if options:
        lines += [".SH OPTIONS", *(line for each in options for line in _option(each))]
    children = getattr(command, "commands", {})
    if children:
        lines.append(".SH COMMANDS")
        lines += [line for each in children.values() for line in (".TP", rf"\fB{plain(each.name)}\fR", _short(each))]
    if command.epilog:
        lines += [".SH EXAMPLE", ".nf", plain(command.epilog.removeprefix("Example: ")), ".fi"]
    return "\n".join(lines) + "\n"


def _usage(command: Any) -> Iterator[str]:
    yield "[OPTIONS]"
    for each in command.params:
        if each.param_type_name == "argument":
            yield str(each.metavar or each.name.upper())
    if getattr(command, "commands", {}):
        yield "COMMAND [ARGS]..."


def _option(option: Any) -> Iterator[str]:
    names = ", ".join((*option.opts, *option.secondary_opts))
    value = "" if option.is_flag else rf" \fI{plain(option.metavar or str(option.name).upper())}\fR"
    yield ".TP"
    yield rf"\fB{plain(names)}\fR{value}"
    yield plain(option.help or "")


def _short(command: Any) -> str:
    return plain((command.help or "").strip().split("\n\n")[0])


def plain(text: str) -> str:
    r"""Return text as troff takes it: no control line, no escape, hyphens that can be copied."""
    joined = " ".join(str(text).split()).replace("\\", r"\e").replace("-", r"\-")
    return rf"\&{joined}" if joined.startswith((".", "'")) else joined


if __name__ == "__main__":
    main(sys.argv[1])
