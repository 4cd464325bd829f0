"""Make the packaged tables of ``genorx.datasets`` from a folder of the original files.

Usage: python scripts/convert_datasets.py FOLDER

FOLDER holds ``iwpc/iwpc_tidy.csv.gz``, ``trials/{colon,actg320,myeloid}.csv`` and ``nhefs/{nhefs,codebook}.csv``.
No value is edited: columns get names with units, codes get words, whole numbers lose their ".0".
"""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import pandas as pd

HOME = Path(__file__).resolve().parent.parent / "src" / "genorx" / "datasets"


def colon(folder: Path) -> pd.DataFrame:
    """Return one row a patient: the two rows of the original are recurrence (1) and death (2)."""
    raw = pd.read_csv(folder / "trials" / "colon.csv")
    rows = {kind: part.set_index("id").sort_index() for kind, part in raw.groupby("etype")}
    recurrence, death = rows[1], rows[2]
    return pd.DataFrame(
        {
            "patient_id": death.index,
            "arm": death["rx"].map({"Obs": "observation", "Lev": "levamisole", "Lev+5FU": "levamisole+5FU"}),
            "age_years": death["age"],
            "sex": death["sex"].map({0: "female", 1: "male"}),
            "obstruction": death["obstruct"],
            "perforation": death["perfor"],
            "adherence": death["adhere"],
            "positive_nodes": death["nodes"],
            "more_than_4_nodes": death["node4"],
            "differentiation": death["differ"].map({1: "well", 2: "moderate", 3: "poor"}),
            "extent": death["extent"].map({1: "submucosa", 2: "muscle", 3: "serosa", 4: "contiguous"}),
            "long_time_from_surgery": death["surg"],
            "recurrence_days": recurrence["time"],
            "recurrence": recurrence["status"],
            "death_days": death["time"],
            "death": death["status"],
        }
    )


def actg320(folder: Path) -> pd.DataFrame:
    """Return one row a patient, codes in words (Hosmer, Lemeshow, May 2008, table 1.5)."""
    raw = pd.read_csv(folder / "trials" / "actg320.csv")
    races = {1: "white", 2: "black", 3: "hispanic", 4: "asian or pacific islander", 5: "american indian"}
    drug_use = {1: "never", 2: "current", 3: "previous"}
    return pd.DataFrame(
        {
            "patient_id": raw["id"],
            "arm": raw["tx"].map({0: "control", 1: "indinavir"}),
            "age_years": raw["age"],
            "sex": raw["sex"].map({1: "male", 2: "female"}),
            "race_ethnicity": raw["raceth"].map(races),
            "cd4_per_ul": raw["cd4"],
            "cd4_above_50": raw["strat2"],
            "karnofsky": raw["karnof"],
            "prior_zidovudine_months": raw["priorzdv"],
            "iv_drug_use": raw["ivdrug"].map(drug_use),
            "hemophilia": raw["hemophil"],
            "event_days": raw["time_days"],
            "event": raw["event"],
        }
    )


def myeloid(folder: Path) -> pd.DataFrame:
    """Return one row a patient."""
    raw = pd.read_csv(folder / "trials" / "myeloid.csv")
    names = {
        "id": "patient_id",
        "trt": "arm",
        "flt3": "flt3_class",
        "futime": "follow_up_days",
        "txtime": "transplant_days",
        "crtime": "remission_days",
        "rltime": "relapse_days",
    }
    table = raw.rename(columns=names)
    table["sex"] = table["sex"].map({"f": "female", "m": "male"})
    return table


def write(table: pd.DataFrame, path: Path) -> None:
    """Write a gzip file whose bytes depend on the content alone."""
    text = table.convert_dtypes().to_csv(index=False, lineterminator="\n")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))
    sys.stdout.write(f"{path.name}: {len(table)} rows, {table.shape[1]} columns, {path.stat().st_size} bytes\n")


def main(folder: Path) -> None:
    """Write all packaged tables."""
    for make in (colon, actg320, myeloid):
        write(make(folder), HOME / "tables" / f"{make.__name__}.csv.gz")
    for name in ("nhefs", "codebook"):
        target = "nhefs" if name == "nhefs" else "nhefs_codebook"
        write(pd.read_csv(folder / "nhefs" / f"{name}.csv"), HOME / "tables" / f"{target}.csv.gz")
    write(pd.read_csv(folder / "iwpc" / "iwpc_tidy.csv.gz"), HOME / "iwpc" / "iwpc.csv.gz")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
