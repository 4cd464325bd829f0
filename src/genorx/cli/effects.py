"""``genorx effects``: treatment effects from plain tables."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from genorx._core.output import to_csv
from genorx.cli.options import Seed, with_cluster
from genorx.cli.output import check_out, deliver
from genorx.cli.streams import say_findings, tell

_Train = Annotated[Path, typer.Option("--train", metavar="FILE", help="Table of patients with treatment and outcome.")]
_Test = Annotated[Path, typer.Option("--test", metavar="FILE", help="Table of the patients to predict for.")]
_Spec = Annotated[Path, typer.Option("--spec", metavar="FILE", help="JSON file that names the columns.")]
_Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="CSV file to write; - for standard output.")]


@with_cluster("genorx.effects.plain_tables")
def effects(
    *,
    train: _Train,
    test: _Test,
    spec: _Spec,
    out: _Out,
    seed: Seed = 0,
) -> None:
    """Estimate the survival time of each test patient under each arm, and the differences.

    The spec holds id, treatment, time, event, covariates (a list), horizon (a number), randomised (true or false) and
    reference (an arm), and may hold event_type, time_to_treatment and strata (a list). Columns written: patient_id,
    treatment, rmst, rmst_lo, rmst_hi, survival_at_horizon, delta_vs_reference, delta_lo, delta_hi, rank, advice
    (recommend, equipoise, abstain; that of the row with rank 1 is the patient's), reason, and cif_at_horizon with
    event_type.
    """
    from genorx.effects.plain_tables import TablesSpec, effects_from_tables

    check_out(out, [train, test, spec])
    stated = TablesSpec.read(spec)
    for key in stated.unknown:
        tell(f"{spec.name}: key {key!r} is not known and not used")
    table, _, findings = effects_from_tables(train, test, stated, seed=seed)
    say_findings(findings)
    deliver(out, lambda path: path.write_text(to_csv(table), encoding="utf-8"))
