"""``genorx knowledge``: packs of facts made, listed and compared."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from genorx._core.output import to_csv, to_json
from genorx.cli.output import check_out, deliver
from genorx.cli.streams import say_findings, tell
from genorx.errors import UsageError


class Source(StrEnum):
    """Projects whose files can be made into a pack."""

    PHARMCAT = "pharmcat"


_Source = Annotated[Source, typer.Argument(help="Whose files they are.", show_default=False)]
_Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the source's files.", show_default=False)]
_Pack = Annotated[Path, typer.Option("--out", metavar="FILE", help="Pack to write, .json or .json.gz.")]
_Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="File to write, .json or .csv; - for JSON.")]
_Text = Annotated[bool, typer.Option("--with-text", help="Keep the source's sentences, for a pack not passed on.")]


def import_(source: _Source, folder: _Folder, *, out: _Pack, with_text: _Text = False) -> None:
    """Make a pack of facts from a source's files; contradictions in them are named."""
    from genorx.knowledge import audit, import_pharmcat

    check_out(out)
    if str(out) == "-":
        raise UsageError("a pack is written to a file", hint="name one with --out", code="out-not-writable")
    pack = import_pharmcat(folder, with_text=with_text)
    say_findings(audit(pack))
    pack.save(out)
    counts = f"{len(pack.genes)} genes, {len(pack.drugs)} drugs, {len(pack.guidelines)} guidelines"
    tell(f"{source.value} {pack.release}: {counts}")


def list_(*, out: _Out = Path("-")) -> None:
    """List the packs that come with genorx: release, checksum, licences."""
    from genorx import knowledge

    _write(out, knowledge.list())


def diff(before: Path, after: Path, *, out: _Out = Path("-")) -> None:
    """Compare two packs: positions, alleles, functions, phenotypes and rows gained, lost or changed."""
    from genorx import knowledge

    check_out(out, [before, after])
    changes = knowledge.diff(knowledge.load_pack(before), knowledge.load_pack(after))
    _write(out, [asdict(change) for change in changes])


def _write(out: Path, rows: list[dict[str, str]]) -> None:
    if out.suffix.lower() == ".csv":
        import pandas as pd

        text = str(to_csv(pd.DataFrame(rows)))
    else:
        text = to_json(rows)
    deliver(out, lambda path: path.write_text(text, encoding="utf-8"))
