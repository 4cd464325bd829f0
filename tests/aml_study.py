"""The AML knowledge bank as a study file, handed to tests as the fixture ``write_aml_study``."""

from collections.abc import Sequence
from pathlib import Path

_HEAD = """
[study]
name = "AML knowledge bank"
patient_id = "pdid"
"""
_VARIANTS = """
[variants]
files = ["{data}/cohort.vcf.gz"]
assembly = "GRCh37"
origin = "somatic"
absent = "reference"
"""
_TABLE = """
[[tables]]
path = "{path}"
role = "{role}"
exclude = [{exclude}]
"""
_TREATMENT = """
[treatment]
table = "{data}/treatments.csv"
design = "landmark"
time_zero = "cr_day"
landmark = {landmark}
start = "day"
randomised = false
strata = ["study"]
reference = "chemotherapy"
[treatment.options.transplant]
treatment = "HSCT"
phase = "CR1"
[treatment.options.chemotherapy]
"""
_OUTCOMES = """
[outcomes.os]
table = "{outcomes}"
kind = "survival"
time = "os_days"
event = "os_event"
unit = "days"
horizons = [365, 1096, 1826]
better = "longer"
role = "benefit"

[ranking]
primary = "os"
horizon = 1096
"""


def write_aml_study(
    folder: Path,
    aml: Path,
    *,
    variants: bool = True,
    treatment: bool = True,
    outcomes: bool = True,
    exclude: Sequence[str] = ("eln2010_risk", "cytogenetic_risk"),
    landmark: float = 90,
    clinical: Path | None = None,
    outcome_table: Path | None = None,
) -> Path:
    """Write ``study.toml`` into ``folder`` and return its path; the data stay where they are.

    ``clinical`` and ``outcome_table`` stand in for the file of the knowledge bank (a fold, say).
    """
    parts = [_HEAD]
    if variants:
        parts.append(_VARIANTS.format(data=aml))
    left_out = ", ".join(f'"{name}"' for name in exclude)
    parts.append(_TABLE.format(path=clinical or aml / "clinical.csv", role="clinical", exclude=left_out))
    names = ("cytogenetics", "molecular_lab")
    parts += [_TABLE.format(path=aml / f"{name}.csv", role="laboratory", exclude="") for name in names]
    if treatment:
        parts.append(_TREATMENT.format(data=aml, landmark=landmark))
    if outcomes:
        parts.append(_OUTCOMES.format(outcomes=outcome_table or aml / "outcomes.csv"))
    path = folder / "study.toml"
    path.write_text("".join(parts), encoding="utf-8")
    return path
