"""Checks of records: how often they find a planted fault, and how often they report one without it.

``python benchmarks/records.py [units] [spellings] [real]`` prints the tables of ``docs/guide/records.md``: units and
spellings of levels on 200 simulated tables each, with and without a planted fault; and what is said of the tables of
lifelines, scikit-survival and the development data (``GENORX_SHARED``), whose units and levels are right as far as
anybody knows.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.io.arff import loadarff

from genorx.cohort.tables.table import TableSpec, load_table
from genorx.errors import Finding, InputError

N_TABLES, N_ROWS = 200, 150
SEED = 20261130
# column, median, standard deviation of the logarithm, factor to the other unit; spreads of patients, not of the healthy
UNITS = [
    ("creatinine_mg_dl", 1.0, 0.45, 88.4),
    ("glucose_mg_dl", 110.0, 0.35, 1 / 18.016),
    ("hb_g_dl", 11.5, 0.2, 10.0),
    ("hb_g_dl", 11.5, 0.2, 0.6206),
    ("weight_kg", 75.0, 0.22, 2.2046),
    ("height_cm", 168.0, 0.06, 0.01),
    ("height_cm", 168.0, 0.06, 1 / 2.54),
    ("bilirubin_mg_dl", 0.8, 0.8, 17.104),
    ("calcium_mg_dl", 9.2, 0.08, 0.25),
    ("cholesterol_mg_dl", 195.0, 0.22, 1 / 38.67),
    ("triglycerides_mg_dl", 130.0, 0.55, 1 / 88.57),
    ("bun_mg_dl", 16.0, 0.5, 0.357),
    ("wbc_1e9_l", 7.0, 0.6, 1000.0),
    ("platelets_1e9_l", 220.0, 0.5, 1000.0),
    ("albumin_g_dl", 3.8, 0.15, 10.0),
    ("crp_mg_l", 8.0, 1.5, 0.1),
    ("age_years", 62.0, 0.12, 12.0),
]
WORDS = [
    "carboplatin",
    "cisplatin",
    "docetaxel",
    "paclitaxel",
    "standard",
    "intensive",
    "adenocarcinoma",
    "squamous",
    "metastatic",
    "primary",
    "secondary",
    "favourable",
    "intermediate",
    "adverse",
    "positive",
    "negative",
    "former",
    "current",
    "never",
    "married",
    "divorced",
    "widowed",
    "tamoxifen",
    "letrozole",
    "anastrozole",
    "female",
    "male",
    "hispanic",
    "caucasian",
    "oriental",
    "complete",
    "partial",
    "progressive",
    "stable",
]
SERIES = ["DrugA DrugB DrugC", "arm1 arm2 arm3", "T1a T1b T2", "stageI stageII stageIII stageIV", "KMT2A KMT2D TET2"]
SERIES += ["ER+ ER- HER2+ HER2-", "<65 65-75 >75", "PDGFRA PDGFRB PDGFRL", "10mg 20mg 40mg"]


def said_of(frame: pd.DataFrame, code: str, role: str = "clinical") -> list[Finding]:
    """Return the findings of a code about a table."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        frame.to_csv(path, index=False)
        table = load_table(TableSpec(path=path, role=role, patient_id=frame.columns[0]))
    return [finding for finding in table.findings if finding.code == code]


def share_said(make: Callable[[np.random.Generator], pd.Series], code: str) -> float:
    """Return the share of simulated tables of which a code is said."""
    rng = np.random.default_rng(SEED)
    said = 0
    for _ in range(N_TABLES):
        column = make(rng)
        ids = [f"P{row:03d}" for row in range(len(column))]
        said += bool(said_of(pd.DataFrame({"patient_id": ids, str(column.name): column.to_numpy()}), code))
    return said / N_TABLES


def measured(name: str, median: float, spread: float, factor: float, share: float, *, few: int = 0):
    """Return a maker of a column of which a share of the rows, or ``few``, are in the other unit."""

    def make(rng: np.random.Generator) -> pd.Series:
        values = median * np.exp(rng.normal(0, spread, N_ROWS))
        other = rng.random(N_ROWS) < share if not few else np.arange(N_ROWS) < few
        values = np.where(other, values * factor, values)
        return pd.Series([f"{value:.3g}" for value in values], name=name)

    return make


def units() -> None:
    """Print what is said of columns of one unit, of two, and of the wrong one."""
    print("| column, other unit by | right | one value | 10 % | half | all |\n|---|---|---|---|---|---|")
    for name, median, spread, factor in UNITS:
        cells = []
        for share, few in ((0.0, 0), (0.0, 1), (0.1, 0), (0.5, 0), (1.0, 0)):
            cells.append(share_said(measured(name, median, spread, factor, share, few=few), "unit-suspect"))
        print(f"| `{name}`, {factor:.4g} | " + " | ".join(f"{cell:.1%}" for cell in cells) + " |", flush=True)


def slip(word: str, rng: np.random.Generator) -> str:
    """Return a word with one letter wrong, lacking, too many, or two changed about; not the first."""
    place = int(rng.integers(1, len(word) - 1))
    letter = chr(97 + int(rng.integers(26)))
    kind = rng.integers(4)
    if kind == 0:
        return word[:place] + letter + word[place + 1 :]
    if kind == 1:
        return word[:place] + word[place + 1 :]
    if kind == 2:
        return word[:place] + letter + word[place:]
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def levels(change: Callable[[str, np.random.Generator], str] | None):
    """Return a maker of a column of categories, one cell of which is changed."""

    def make(rng: np.random.Generator) -> pd.Series:
        if change is None and rng.random() < 0.5:
            chosen = str(rng.choice(SERIES)).split()
        else:
            chosen = [str(word) for word in rng.choice(WORDS, size=int(rng.integers(3, 7)), replace=False)]
        cells = [str(cell) for cell in rng.choice(chosen, size=N_ROWS)]
        if change is not None:
            long = [cell for cell in chosen if len(cell) >= 6] or chosen
            cells[0] = change(str(rng.choice(long)), rng)
            cells[1] = next(cell for cell in chosen)
        return pd.Series(cells, name="level")

    return make


def spellings() -> None:
    """Print what is said of levels that are right, and of levels with one slip."""
    print("\n| levels | near-duplicate-levels |\n|---|---|")
    cases: list[tuple[str, Callable[[str, np.random.Generator], str] | None]] = [
        ("words and series, right", None),
        ("another case", lambda word, _: word.capitalize()),
        ("a hyphen or space inside", lambda word, rng: word[:3] + str(rng.choice(["-", " "])) + word[3:]),
        ("one letter in a word of six or more", slip),
    ]
    for name, change in cases:
        print(f"| {name} | {share_said(levels(change), 'near-duplicate-levels'):.1%} |", flush=True)


def real_tables() -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the tables that there are, each with ids in the first column."""
    for package, folder in (("lifelines", "datasets"), ("sksurv", "datasets/data")):
        try:
            root = Path(__import__(package).__file__ or "").parent / folder
        except ImportError:
            continue
        for path in sorted(root.iterdir()):
            if (frame := read_any(path)) is not None:
                yield f"{package}: {path.name}", frame
    shared = Path(os.environ.get("GENORX_SHARED", "../shared")) / "data"
    for pattern in ("aml_knowledge_bank/*.csv", "iwpc/*.csv.gz", "nhefs/nhefs.csv", "trials/*.csv", "metabric*/*.csv"):
        for path in sorted(shared.glob(pattern)):
            if (frame := read_any(path)) is not None:
                yield f"{path.parent.name}: {path.name}", frame


def read_any(path: Path) -> pd.DataFrame | None:
    """Return a table as text with row numbers as ids; None where it is none."""
    if path.suffix == ".arff":
        try:
            frame = pd.DataFrame(loadarff(path)[0])
        except (NotImplementedError, ValueError):
            return None
        frame = frame.map(lambda cell: cell.decode() if isinstance(cell, bytes) else cell)
    elif {".csv", ".tsv", ".dat"} & set(path.suffixes):
        try:
            frame = pd.read_csv(path, sep=None, engine="python", dtype=str)
        except (pd.errors.ParserError, UnicodeDecodeError):
            return None
    else:
        return None
    frame = frame.loc[:, [str(name) != "" for name in frame.columns]]
    frame.insert(0, "row_of_file", [f"R{row}" for row in range(len(frame))])
    return frame


def real() -> None:
    """Print what is said of tables whose units and levels are right."""
    tables, columns = 0, 0
    said: Counter[str] = Counter()
    stated = []
    for name, frame in real_tables():
        try:
            found = [finding for code in ("unit-suspect", "near-duplicate-levels") for finding in said_of(frame, code)]
        except InputError as error:
            print(f"{name}: {error.code}", file=sys.stderr)
            continue
        tables, columns = tables + 1, columns + frame.shape[1] - 1
        said.update(finding.code for finding in found)
        stated += [f"{name}: {finding.place}: {finding.message}" for finding in found]
    print(f"\n{tables} tables, {columns} columns: {dict(said)}")
    print("\n".join(stated))


if __name__ == "__main__":
    for part in sys.argv[1:] or ("units", "spellings", "real"):
        {"units": units, "spellings": spellings, "real": real}[part]()
