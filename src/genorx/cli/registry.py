"""``genorx registry``: models, their provenance, and verification of their files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from genorx._core.output import to_csv, to_json
from genorx.cli.options import Seed
from genorx.cli.output import check_out, deliver
from genorx.cli.streams import tell
from genorx.errors import InputError

_Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the registry.", show_default=False)]
_Model = Annotated[Path, typer.Argument(metavar="MODEL", help="Model file made by genorx fit.", show_default=False)]
_Id = Annotated[str, typer.Argument(metavar="ID", help="Id of a model, or its first characters.", show_default=False)]
_Policy = Annotated[Path | None, typer.Option("--policy", metavar="FILE", help="Policy of changes (TOML).")]
_Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Reason for adding the model.")]
_Out = Annotated[
    Path, typer.Option("--out", metavar="FILE", help="File to write (.json for plain values, otherwise CSV).")
]
_Text = Annotated[Path, typer.Option("--out", metavar="FILE", help="File to write; - for standard output.")]


def list_(folder: _Folder, *, out: _Out = Path("-"), seed: Seed = 0) -> None:  # noqa: ARG001
    """List the models of a registry: id, digest, parent, study, policy, reason, date."""
    from genorx.monitor import Registry

    check_out(out)
    if not folder.is_dir():
        hint = "genorx registry add DIR MODEL makes it"
        raise InputError("there is no such folder", file=folder, hint=hint, code="registry-empty")
    table = Registry(folder).list()
    plain = table.astype(object).where(table.notna(), None)
    text = to_json(plain.to_dict("records")) if out.suffix.lower() == ".json" else to_csv(table)
    deliver(out, lambda path: path.write_text(text, encoding="utf-8"))


def verify(folder: _Folder, *, out: _Text = Path("-"), seed: Seed = 0) -> None:  # noqa: ARG001
    """Check every line and every model file of a registry, and print the digest of the whole."""
    from genorx.monitor import Registry

    check_out(out)
    digest = Registry(folder).verify()
    deliver(out, lambda path: path.write_text(f"{digest}\n", encoding="utf-8"))


def diff(
    folder: _Folder,
    first: _Id,
    second: _Id,
    *,
    out: _Text = Path("-"),
    seed: Seed = 0,  # noqa: ARG001
) -> None:
    """Describe the differences between two models of a registry."""
    from genorx.monitor import Registry

    check_out(out)
    text = Registry(folder).diff(first, second)
    deliver(out, lambda path: path.write_text(f"{text}\n", encoding="utf-8"))


def add(
    folder: _Folder,
    model: _Model,
    *,
    policy: _Policy = None,
    reason: _Reason = "",
    out: _Text = Path("-"),
    seed: Seed = 0,  # noqa: ARG001
) -> None:
    """Add a model file to a registry, which is created if absent; prints the model's id."""
    from genorx.monitor import Registry

    check_out(out, [model])
    name = Registry(folder).add(model, policy=policy, reason=reason)
    tell(f"{model.name} is model {name} of {folder}")
    deliver(out, lambda path: path.write_text(f"{name}\n", encoding="utf-8"))
