"""The study of quitting smoking (NHEFS) as files: tables with codes in words, and a study file that compares options.

The data are shipped with the package (``datasets.load_nhefs``); only codes and names are changed here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pandas as pd

from genorx._core.output import to_csv, write_text
from genorx.datasets.published import load_nhefs

#: Covariates of Hernan and Robins, chapters 12 and 13, under the names of the study's features.
NHEFS_COVARIATES = (
    "sex",
    "race",
    "age_years",
    "education",
    "cigarettes_per_day",
    "years_smoked",
    "exercise",
    "activity",
    "weight_kg",
)
_FOLLOWED_MONTHS = 120  # January 1983 to the end of 1992
_WORDS: dict[str, tuple[str, dict[int, str]]] = {
    "sex": ("sex", {1: "male", 2: "female"}),
    "race": ("race", {1: "white", 2: "black or other"}),
    "education": (
        "education",
        {1: "8th grade or less", 2: "left high school", 3: "high school", 4: "left college", 5: "college or more"},
    ),
    "exercise": ("exercise", {1: "much", 2: "moderate", 3: "little or none"}),
    "activity": ("active", {1: "very active", 2: "moderately active", 3: "inactive"}),
    "alcohol_frequency": (
        "alcoholfreq",
        {0: "almost every day", 1: "2-3 times/week", 2: "1-4 times/month", 3: "< 12 times/year", 4: "no alcohol"},
    ),
    "alcohol_type": ("alcoholtype", {1: "beer", 2: "wine", 3: "liquor"}),
}
_DIAGNOSES = ("asthma", "bronch", "hf", "hbp", "diabetes", "tumor", "pepticulcer", "chroniccough")

_STUDY = """\
[study]
name = "Quitting smoking (NHEFS)"
patient_id = "seqn"

[[tables]]
path = "people.csv"
role = "clinical"
[tables.columns.education]
type = "category"

[[tables]]
path = "lifestyle.csv"
role = "lifestyle"
[tables.columns.exercise]
type = "ordinal"
levels = ["little or none", "moderate", "much"]
[tables.columns.activity]
type = "ordinal"
levels = ["inactive", "moderately active", "very active"]

[treatment]                       # quit between the first questionnaire and 1982
table = "quitting.csv"
design = "baseline"
reference = "continue"
[treatment.options.quit]
qsmk = 1
[treatment.options.continue]
qsmk = 0

[outcomes.weight_gain]
table = "outcomes.csv"
kind = "continuous"
value = "weight_gain_kg"
unit = "kg"
better = "lower"
role = "harm"

[outcomes.death]
table = "outcomes.csv"
kind = "binary"
value = "death_by_1992"
better = "lower"
role = "harm"

[outcomes.survival]
table = "outcomes.csv"
kind = "survival"
time = "months_from_1983"
event = "death_by_1992"
unit = "months"
horizons = [60, 108]
better = "longer"

[ranking]
primary = "{primary}"
"""


def write_nhefs_study(folder: str | Path, *, primary: Literal["weight_gain", "death", "survival"] = "survival") -> Path:
    """Write the study of quitting smoking into ``folder``, created if absent, and return its study file.

    1,629 smokers of 1971: people, lifestyle, quitting by 1982, change of weight to 1982, death from 1983 to 1992.
    Cigarettes per day, years of smoking, amount and frequency of drinking, exercise and activity are those of 1971.

    Parameters
    ----------
    folder : path
        Folder to write to.
    primary : {"weight_gain", "death", "survival"}
        Outcome by which options are ranked; patients with a known value are kept (1,566 for the change of weight).
        Ranking by weight alone favours smoking: it is for analyses of those 1,566 patients only.

    References
    ----------
    Hernan MA, Robins JM 2020, Causal Inference: What If, chapters 12, 13 and 17.
    """
    home = Path(folder)
    home.mkdir(parents=True, exist_ok=True)
    raw = load_nhefs()
    for name, table in _tables(raw).items():
        write_text(to_csv(pd.concat([raw[["seqn"]], table], axis=1)), home / f"{name}.csv")
    write_text(_STUDY.replace("{primary}", primary), home / "study.toml")
    return home / "study.toml"


def _tables(raw: pd.DataFrame) -> dict[str, pd.DataFrame]:
    words = {name: raw[column].map(meaning, na_action="ignore") for name, (column, meaning) in _WORDS.items()}
    died = raw["death"] == 1
    months = ((raw["yrdth"] - 83) * 12 + raw["modth"]).where(died, _FOLLOWED_MONTHS)
    people = {name: words[name] for name in ("sex", "race", "education")}
    people |= {"age_years": raw["age"], "height_cm": raw["ht"], "weight_kg": raw["wt71"]}
    people |= {"cholesterol_mg_per_dl": raw["cholesterol"]}
    people |= {name: raw[name].where(raw[name] != 2) for name in _DIAGNOSES}  # 2: not known
    habits = {"cigarettes_per_day": raw["smokeintensity"], "years_smoked": raw["smokeyrs"]}
    habits |= {name: words[name] for name in ("exercise", "activity", "alcohol_frequency", "alcohol_type")}
    habits |= {"drinks_per_occasion": raw["alcoholhowmuch"]}
    outcomes = {"weight_gain_kg": raw["wt82_71"], "death_by_1992": raw["death"], "months_from_1983": months}
    return {
        "people": pd.DataFrame(people),
        "lifestyle": pd.DataFrame(habits),
        "quitting": raw[["qsmk"]],
        "outcomes": pd.DataFrame(outcomes),
    }
