"""``genorx knowledge``: packs of facts built, listed and compared."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, fields
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genorx._core.output import to_csv, to_json
from genorx.cli.output import check_out, deliver
from genorx.cli.streams import say_findings, tell
from genorx.errors import UsageError

if TYPE_CHECKING:
    from genorx.knowledge import Pack


class Source(StrEnum):
    """Projects whose files can be made into a pack."""

    PHARMCAT = "pharmcat"


_ONE = "Pack file, or the name of a pack shipped with genorx"
_Source = Annotated[Source, typer.Argument(help="Source of the files.", show_default=False)]
_Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the source's files.", show_default=False)]
_Pack = Annotated[Path, typer.Option("--out", metavar="FILE", help="Pack to write, .json or .json.gz.")]
_Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="File to write, .json or .csv; - for JSON.")]
_Before = Annotated[Path, typer.Argument(metavar="A", help=f"{_ONE}.", show_default=False)]
_After = Annotated[Path, typer.Argument(metavar="B", help=f"{_ONE}, to compare with A.", show_default=False)]
_Text = Annotated[
    bool, typer.Option("--with-text", help="Keep the sentences of the source, in a pack that is not distributed.")
]


def import_(source: _Source, folder: _Folder, *, out: _Pack, with_text: _Text = False) -> None:
    """Build a pack of facts from the files of a source, and report contradictions."""
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
    """List the packs shipped with genorx: content, release, checksum, licences."""
    check_out(out)
    _write(out, _shipped())


def _shipped() -> list[dict[str, str]]:
    """Return the packs of all rooms with the same columns; counts that a pack does not have are empty."""
    from genorx import knowledge
    from genorx.audit.fact_pack import default_fact_pack
    from genorx.oncology import list_packs

    rows = [{"of": "pharmacogenes", **row} for row in knowledge.list()]
    rows += [{"of": "tumour evidence", **_from_manifest(each)} for each in list_packs()]
    facts = default_fact_pack()
    fields = {"name": facts.name, "release": facts.release, "sha256": facts.sha256, "licences": facts.licence}
    rows.append({"of": "claims", **fields})
    columns = dict.fromkeys(name for row in rows for name in row)
    return [{name: row.get(name, "") for name in columns} for row in rows]


def _from_manifest(manifest: dict[str, Any]) -> dict[str, str]:
    digests = manifest["sha256"]
    joined = digests if isinstance(digests, str) else "; ".join(f"{name} {each}" for name, each in digests.items())
    return {
        "name": manifest["name"],
        "release": manifest["release"],
        "sha256": joined,
        "licences": manifest["licence"],
    }


def diff(before: _Before, after: _After, *, out: _Out = Path("-")) -> None:
    """Compare two packs: positions, alleles, functions, phenotypes, guidelines and rows gained, lost or changed."""
    from genorx import knowledge

    check_out(out, [before, after])
    changes = knowledge.diff(_load(before), _load(after))
    counts = Counter(f"{change.kind} {change.change}" for change in changes)
    _write(out, [asdict(change) for change in changes], [field.name for field in fields(knowledge.Change)])
    tell(", ".join(f"{what}: {number}" for what, number in sorted(counts.items())) or "no difference")


def _load(path: Path) -> Pack:
    """Load a pack from a file, or a shipped one by name."""
    from genorx.knowledge import default_pack, load_pack

    shipped = default_pack()
    return shipped if str(path) == shipped.name and not path.exists() else load_pack(path)


def _write(out: Path, rows: list[dict[str, str]], columns: list[str] | None = None) -> None:
    if out.suffix.lower() == ".csv":
        import pandas as pd

        text = to_csv(pd.DataFrame(rows, columns=columns))
    else:
        text = to_json(rows)
    deliver(out, lambda path: path.write_text(text, encoding="utf-8"))
