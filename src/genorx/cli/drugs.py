"""``--drugs OPTION=A,B``: the drugs of each option, so that guidance on them can be looked up."""

from __future__ import annotations

from typing import Annotated

import typer

from genorx.errors import UsageError, shown

Drugs = Annotated[
    list[str] | None,
    typer.Option("--drugs", metavar="OPTION=A,B", help="Drugs of an option, for guidance; repeatable."),
]


def named_drugs(texts: list[str], *, command: str) -> dict[str, list[str]]:
    """Parse the drugs of each option from texts such as ``dual=aspirin,clopidogrel``.

    Raises
    ------
    UsageError
        For a text without an option or without a drug.
    """
    named: dict[str, list[str]] = {}
    for text in texts:
        option, equals, listed = text.rpartition("=")
        names = [name.strip() for name in listed.split(",") if name.strip()]
        if not equals or not option or not names:
            raise UsageError(
                f"--drugs {shown(text)!r} names no option or no drug", file=command, hint="write OPTION=DRUG,DRUG"
            )
        named.setdefault(option, []).extend(names)
    return named
