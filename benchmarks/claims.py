"""Claims against records: what rules find on simulated practices with known truth; time and memory of 1,000,000 lines.

    python benchmarks/claims.py --seeds 12 --lines 1000000 --out claims.json

Beside it, on the same practices, is what claims alone say (repeated services, units above the 99th percentile of their
code, limits, pairs, provider numbers, excluded providers, providers whose units a line lie above the peers'), and an
isolation forest on units, charge, day and counts.  Time is that of one process and of one pass in pandas over the
same files: read, merge with the administrations, duplicates, sort.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.ensemble import IsolationForest
from sklearn.metrics import average_precision_score

from genorx.audit import Auditor, Facts, Records, read_claims
from genorx.datasets import ClaimsPractice, make_claims_practice

KEY = ["claim_id", "line", "rule"]
LINE = ["claim_id", "line"]
BY_CLAIMS_ALONE = ["C01", "C12", "C13", "C14", "C15"]


def audited(folder: Path) -> tuple[Auditor, pd.DataFrame]:
    """Return the auditor and what it found in a practice's folder."""
    auditor = Auditor(as_of="2026-01-01").fit(Records.load(folder / "records"))
    return auditor, auditor.check(read_claims(folder / "claims.csv"), Facts.load(folder / "facts"))


def shares(found: pd.DataFrame, truth: pd.DataFrame, key: list[str]) -> dict[str, float]:
    """Return recall and precision of flagged rows by their key."""
    one, other = (set(map(tuple, table[key].drop_duplicates().to_numpy())) for table in (found, truth))
    hits = len(one & other)
    return {"recall": hits / len(other) if other else 1.0, "precision": hits / len(one) if one else 1.0}


def with_records(practice: ClaimsPractice, auditor: Auditor, found: pd.DataFrame) -> dict:
    """Return what genorx finds: lines, amounts, look-alikes, providers."""
    both = found.merge(practice.truth, on=KEY, suffixes=("", "_true"))
    exact = np.rint(both["amount"] * 100) == np.rint(both["amount_true"].astype(float) * 100)
    alike = found.merge(practice.look_alikes, on=LINE) if len(practice.look_alikes) else found.iloc[:0]
    flagged = set(auditor.providers(found).query("flagged == 1")["npi"])
    kinds = dict(zip(practice.providers["npi"], practice.providers["kind"], strict=True))
    planted = {npi for npi, kind in kinds.items() if "look-alike" not in kind}
    return {
        **shares(found, practice.truth, KEY),
        "planted": len(practice.truth),
        "amounts_exact": float(exact.mean()) if len(both) else 1.0,
        "look_alikes_flagged": len(alike),
        "providers_found": len(flagged & planted),
        "providers_planted": len(planted),
        "providers_false": len(flagged - planted),
        "heavy_flagged": len({npi for npi in flagged if "look-alike" in kinds.get(npi, "")}),
    }


def claims_alone(practice: ClaimsPractice, auditor: Auditor, found: pd.DataFrame) -> dict:
    """Return what rules on claims alone find: those of genorx that need no record, and units unlike those of a code."""
    claims = auditor.case_.claims.iloc[auditor.case_.table["at"].to_numpy()]
    most = claims.groupby("code")["units"].transform(lambda units: units.quantile(0.99))
    high = claims.loc[claims["units"] > most, LINE]
    named = found.loc[found["rule"].isin(BY_CLAIMS_ALONE), LINE]
    by_code = claims.groupby("code")["units"]
    spread = by_code.transform("std").fillna(0.0)
    z = (claims["units"] - by_code.transform("mean")) / spread.where(spread > 1e-9, 1.0)
    mean = z.groupby(claims["npi"]).mean()
    away = (mean - mean.median()) / (1.4826 * (mean - mean.median()).abs().median())
    flagged = set(away.index[away > 3])
    planted = set(practice.providers.loc[~practice.providers["kind"].str.contains("look-alike"), "npi"])
    return {
        **shares(pd.concat([named, high]), practice.truth, LINE),
        "providers_found": len(flagged & planted),
        "providers_false": len(flagged - planted),
    }


def forest(practice: ClaimsPractice, auditor: Auditor, seed: int) -> float:
    """Return the average precision of an isolation forest on what claims alone say of a line."""
    claims = auditor.case_.claims
    day = pd.to_datetime(claims["service_date"], errors="coerce")
    columns = {
        "units": claims["units"] / claims.groupby("code")["units"].transform("median"),
        "charge": np.log1p(claims["charge"]),
        "price": claims["charge"] / claims["units"].clip(lower=1e-9),
        "day": day.dt.dayofyear.fillna(0),
        "of_provider": claims.groupby(["npi", "code"])["units"].transform("size"),
        "of_patient": claims.groupby(["patient_id", "code"])["units"].transform("size"),
        "same_day": claims.groupby(["patient_id", "service_date"])["units"].transform("size"),
    }
    frame = pd.DataFrame(columns).assign(code=pd.factorize(claims["code"])[0])
    score = -IsolationForest(n_estimators=200, random_state=seed).fit(frame).score_samples(frame)
    planted = set(map(tuple, practice.truth[LINE].to_numpy()))
    truth = [tuple(row) in planted for row in claims[LINE].to_numpy()]
    return float(average_precision_score(truth, score))


def one_practice(seed: int, planted: int) -> dict:
    """Return what is found in one practice, with and without its records."""
    practice = make_claims_practice(seed=seed, planted=planted)
    with tempfile.TemporaryDirectory() as folder:
        auditor, found = audited(practice.write(folder))
    row = {"seed": seed, "lines": len(practice.claims), "genorx": with_records(practice, auditor, found)}
    if planted:
        row["claims_alone"] = claims_alone(practice, auditor, found)
        row["forest_average_precision"] = forest(practice, auditor, seed)
    return row


def make_large(folder: Path, lines: int) -> None:
    """Write a practice many times over, each time with other patients and claims, until it has so many lines."""
    practice = make_claims_practice(seed=0)
    times = -(-lines // len(practice.claims))
    tables = {"claims": practice.claims, **{f"records/{name}": table for name, table in practice.records.items()}}
    tables |= {f"facts/{name}": table for name, table in practice.facts.items()}
    for name, table in tables.items():
        path = folder / f"{name}.csv"
        path.parent.mkdir(exist_ok=True)
        copies = [table] if name.startswith("facts/") else [_renamed(table, number) for number in range(times)]
        pd.concat(copies).to_csv(path, index=False)


def _renamed(table: pd.DataFrame, number: int) -> pd.DataFrame:
    names = [name for name in ("claim_id", "original_claim", "patient_id") if name in table]
    texts = {name: table[name].fillna("").astype(str) for name in names}
    return table.assign(**{name: text.where(text == "", text + f"x{number}") for name, text in texts.items()})


def plain_pass(folder: Path) -> None:
    """Read, merge, look for duplicates and sort, as a plain audit in pandas begins."""
    claims = pd.read_csv(folder / "claims.csv", dtype={"claim_id": str, "npi": str, "modifiers": str})
    given = pd.read_csv(folder / "records" / "administrations.csv", dtype={"npi": str})
    doses = given.groupby(["patient_id", "date"], as_index=False)["dose_mg"].sum()
    merged = claims.merge(doses, how="left", left_on=["patient_id", "service_date"], right_on=["patient_id", "date"])
    merged["twice"] = merged.duplicated(["patient_id", "npi", "service_date", "code", "modifiers"])
    merged.sort_values(["claim_id", "line"])


def measured(folder: Path, what: str) -> dict[str, float]:
    """Return seconds and gigabytes of a process of its own that runs ``what`` (genorx or pandas) on a folder."""
    command = [sys.executable, __file__, "--run", what, "--folder", str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout))


def run(what: str, folder: Path) -> None:
    """Run one of the two in this process and print its seconds and gigabytes."""
    started, used = time.perf_counter(), time.process_time()
    found = len(audited(folder)[1]) if what == "genorx" else plain_pass(folder)
    seconds = {"seconds": time.perf_counter() - started, "cpu_seconds": time.process_time() - used}
    print(
        json.dumps({**seconds, "gigabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, "found": found})
    )


def time_and_memory(lines: int) -> dict:
    """Return seconds, gigabytes and the ratio of CPU seconds, which a busy machine hardly changes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_large(folder, lines)
        rows = {what: measured(folder, what) for what in ("pandas", "genorx")}
    return {"lines": lines, **rows, "ratio": rows["genorx"]["cpu_seconds"] / rows["pandas"]["cpu_seconds"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=12)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--run", choices=["genorx", "pandas"])
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    if given.run:
        run(given.run, given.folder)
        return
    answer = {
        "planted": [one_practice(seed, planted=6) for seed in range(1, given.seeds + 1)],
        "nothing_planted": [one_practice(seed, planted=0) for seed in range(101, 101 + given.seeds)],
        "large": time_and_memory(given.lines) if given.lines else None,
    }
    text = json.dumps(answer, indent=2)
    print(text)
    if given.out:
        given.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
