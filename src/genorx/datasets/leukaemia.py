"""The AML knowledge bank on the user's own disk: a study file is written, the data stay in place.

The files (Gerstung et al. 2017, converted) may not be distributed with the package.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pandas as pd

from genorx._core.output import write_text
from genorx.cohort import Cohort, Study
from genorx.errors import InputError

_TABLES = ("clinical.csv", "cytogenetics.csv", "molecular_lab.csv", "treatments.csv", "outcomes.csv")
_VARIANTS = ("cohort.vcf.gz",)

_FEATURES = """\
[study]
name = "AML knowledge bank"
patient_id = "pdid"

[variants]
files = [{folder}"cohort.vcf.gz"]
assembly = "GRCh37"
origin = "somatic"
absent = "reference"            # the panel was sequenced: no record means 0/0

[[tables]]
path = {folder}"clinical.csv"
role = "clinical"
exclude = ["eln2010_risk", "cytogenetic_risk"]   # the rules of the field, made from the columns below

[[tables]]
path = {folder}"cytogenetics.csv"
role = "laboratory"

[[tables]]
path = {folder}"molecular_lab.csv"
role = "laboratory"
"""
_SURVIVAL = """
[outcomes.os]
table = {folder}"outcomes.csv"
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

#: Strategies over time: transplantation in first remission, after relapse, never.
_STATES = """
[outcomes.course]
table = "course.csv"            # made from outcomes.csv: one row per patient and state entered
kind = "multistate"
states = ["induction", "remission", "relapse", "dead"]
transitions = [
  ["induction", "remission"], ["induction", "dead"],
  ["remission", "relapse"], ["remission", "dead"], ["relapse", "dead"],
]
start = "induction"
alive = ["induction", "remission", "relapse"]
unit = "days"
horizons = [365, 1096, 1826]

[ranking]
primary = "course"
horizon = 1096
"""
_STRATEGIES = """
[treatment]
table = {folder}"treatments.csv"
design = "strategy"
start = "day"
[treatment.options.transplant]
treatment = "HSCT"

[strategies.transplant_first]
in = "remission"
treatment = "transplant"
within = 180
label = "Transplant in first remission"
[strategies.transplant_after_relapse]
in = "relapse"
treatment = "transplant"
within = 120
share = "observed"              # not everybody who relapses gets there
label = "Transplant after relapse"
[strategies.chemotherapy]
label = "Chemotherapy alone"
"""

_TREATMENT = """
[treatment]
table = {folder}"treatments.csv"
design = "landmark"
time_zero = "cr_day"            # first complete remission
landmark = {landmark:g}
start = "day"
reference = "chemotherapy"
strata = ["study"]
[treatment.options.transplant]
treatment = "HSCT"
phase = "CR1"
[treatment.options.chemotherapy]
"""


def load_aml_knowledge_bank(
    path: str | Path, *, treatment: bool = True, landmark: float = 90.0, states: bool = False
) -> Cohort:
    """Return the AML knowledge bank as a cohort, from the folder of its files.

    1,068 adults with acute myeloid leukaemia in three trials: panel sequencing, karyotype, laboratory and clinical
    baseline, survival in days.

    Parameters
    ----------
    path : path
        Folder with ``cohort.vcf.gz`` and the five tables.
    treatment : bool, default True
        Whether to include a landmark design: transplantation in first remission against chemotherapy, within trials.
    landmark : float, default 90.0
        Days after first remission at which the option is read and follow-up starts.
    states : bool, default False
        Whether the outcome is the course through induction, remission, relapse and death instead of survival; with
        ``treatment`` the strategies are transplantation within 180 days of first remission, within 120 days of relapse,
        and never.

    Raises
    ------
    InputError
        ``dataset-absent``, with all missing files; as ``Study.load``.

    References
    ----------
    Gerstung M et al. 2017, Nat Genet 49:332.  Repository gerstung-lab/AML-multistage (GPL-3.0).
    """
    with tempfile.TemporaryDirectory(prefix="genorx-") as folder:
        study = write_aml_study(
            path, Path(folder) / "study.toml", treatment=treatment, landmark=landmark, states=states
        )
        return Study.read(study).load()


def write_aml_study(
    path: str | Path, out: str | Path, *, treatment: bool = True, landmark: float = 90.0, states: bool = False
) -> Path:
    """Write a study file for the AML knowledge bank in folder ``path`` to ``out``, and return its path.

    Parameters and errors are those of ``load_aml_knowledge_bank``; the study names the data by absolute paths.  With
    ``states`` the table ``course.csv`` is written beside the study file.
    """
    home = Path(path).absolute()
    absent = [name for name in (*_VARIANTS, *_TABLES) if not (home / name).is_file()]
    if absent:
        raise InputError(
            f"the AML knowledge bank lacks {', '.join(absent)}",
            file=home,
            hint="name the folder that holds its converted files",
            code="dataset-absent",
        )
    if states:
        write_text(_course(home / "outcomes.csv").to_csv(index=False), Path(out).parent / "course.csv")
        text = _FEATURES + _STATES + (_STRATEGIES if treatment else "")
    else:
        text = _FEATURES + _SURVIVAL + (_TREATMENT if treatment else "")
    for name in (*_VARIANTS, *_TABLES):
        text = text.replace(f'{{folder}}"{name}"', json.dumps(str(home / name)))
    write_text(text.replace("{landmark:g}", f"{landmark:g}"), out)
    return Path(out)


def _course(outcomes: Path) -> pd.DataFrame:
    """Return states entered, one row each, and the day on which follow-up ended.

    A relapse of a patient without a remission is refractory disease: the patient stays in induction.
    """
    table = pd.read_csv(outcomes, dtype={"pdid": str})
    died = table["os_event"] == 1
    days = {
        "induction": pd.Series(0.0, index=table.index),
        "remission": table["cr_day"],
        "relapse": table["relapse_day"].where(table["cr_day"].notna()),
        "dead": table["os_days"].where(died),
        "censored": table["os_days"].where(~died),
    }
    frames = [pd.DataFrame({"pdid": table["pdid"], "state": state, "time": time}) for state, time in days.items()]
    rows = pd.concat(frames).dropna(subset="time")
    return rows.sort_index(kind="stable").reset_index(drop=True)
