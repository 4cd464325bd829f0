"""Monitoring of simulated histories: false alarms, delays, right actions, errors of updates, beside usual set-ups.

    python benchmarks/monitor.py --seeds 40 --out monitor.json

Every history is looked at by genorx until its first alarm, and by usual set-ups at each of its fifteen looks: a
Kolmogorov-Smirnov test of each column with Bonferroni's correction, a population stability index above 0.2, observed by
expected events without grace, and the same with a grace and a Poisson test at 5 % of each look.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from genorx.datasets import HISTORIES, MonitoringHistory, make_monitoring_history
from genorx.datasets.monitoring import FAULTY, QUIET, RIGHT_ACTION
from genorx.errors import NotAnswerableError
from genorx.monitor import Monitor

COLUMNS = ("age", "wbc", "tp53", "flt3", "ecog", "treated")
CHANGED_FROM = 18.0


def looked_at(history: MonitoringHistory) -> dict:
    """Return the first alarm of genorx, when it came, and the error of its update."""
    watched = Monitor.from_tables(history.base, history.spec)
    found = {"action": "keep", "at": np.nan, "error": np.nan, "too_few": 0, "seconds": 0.0, "looks": 0}
    for number, (month, snapshot) in enumerate(history.snapshots.items(), 1):
        started = time.process_time()
        try:
            report = watched.check(snapshot, as_of=month, look=number)
        except NotAnswerableError:
            found["too_few"] += 1
            continue
        found["seconds"] += time.process_time() - started
        found["looks"] += 1
        if report.action != "keep":
            found |= {"action": report.action, "at": month, "reason": report.reasons[0]}
            if report.updates:
                found["error"] = error_after(history, report, month)
            break
    return found


def error_after(history: MonitoringHistory, report, month: float) -> float:
    """Return the mean error of survival at the horizon of those who arrive next, by that of the frozen model."""
    last = history.snapshots[max(history.snapshots)]
    following = last[(last["arrived"] >= month) & (last["arrived"] < month + 6.0)]
    if following.empty:
        return np.nan
    name = history.spec["survival_at_horizon"]
    truth = history.truth.set_index("patient_id")["survival"].reindex(following["patient_id"]).to_numpy()
    updated = np.abs(report.apply(following)[name].to_numpy() - truth).mean()
    return float(updated / np.abs(following[name].to_numpy() - truth).mean())


def usual_alarms(history: MonitoringHistory) -> dict[str, float]:
    """Return the month of the first alarm of each usual set-up; nan where there is none."""
    first = dict.fromkeys(("ks_bonferroni", "psi", "oe_without_grace", "oe_with_grace"), np.nan)
    before = -np.inf
    for month, snapshot in history.snapshots.items():
        new = snapshot[snapshot["arrived"] > before]
        before = month
        alarms = {
            "ks_bonferroni": min(_ks(history.base[name], new[name]) for name in COLUMNS) < 0.05 / len(COLUMNS),
            "psi": max(_psi(history.base[name], new[name]) for name in COLUMNS) > 0.2,
            "oe_without_grace": _oe(snapshot, month, 0.0) < 0.05,
            "oe_with_grace": _oe(snapshot, month, 3.0) < 0.05,
        }
        for name, alarm in alarms.items():
            if alarm and np.isnan(first[name]):
                first[name] = month
    return first


def _ks(old: pd.Series, new: pd.Series) -> float:
    return float(stats.ks_2samp(old, new.dropna(), method="asymp").pvalue) if new.notna().sum() > 5 else 1.0


def _psi(old: pd.Series, new: pd.Series) -> float:
    """Population stability index over tenths of the development data, shares of 0 taken as one in a thousand."""
    edges = np.unique(np.quantile(old, np.linspace(0, 1, 11)))
    edges[0], edges[-1] = -np.inf, np.inf
    edges = edges if len(edges) > 2 else np.array([-np.inf, float(old.median()) + 0.5, np.inf])
    a, b = (np.histogram(each.dropna(), edges)[0] for each in (old, new))
    p, q = np.maximum(a / max(a.sum(), 1), 1e-3), np.maximum(b / max(b.sum(), 1), 1e-3)
    return float(np.sum((q - p) * np.log(q / p)))


def _oe(snapshot: pd.DataFrame, month: float, grace: float) -> float:
    """P-value of observed by expected events of all (Poisson, two-sided)."""
    end = month - grace
    there = snapshot[snapshot["arrived"] < end]
    limit = (end - there["arrived"]).to_numpy()
    time_, event = there["time"].to_numpy(), there["event"].to_numpy()
    shorter = np.minimum(limit / np.maximum(time_, 1e-9), 1.0) ** 0.9  # the course of the made hazard
    observed = int(np.sum((event == 1) & (time_ <= limit)))
    expected = float(np.sum(there["cumhaz"] * shorter))
    return float(min(1.0, 2.0 * min(stats.poisson.cdf(observed, expected), stats.poisson.sf(observed - 1, expected))))


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row a kind of history: alarms before and after the change, delay, right actions, errors."""
    made = []
    for kind, group in rows.groupby("kind", sort=False):
        quiet = kind in QUIET
        after = group["at"].notna() if quiet else group["at"] > CHANGED_FROM
        early = group["at"].notna() & ~after
        right = RIGHT_ACTION.get(kind, "hold" if kind in FAULTY else "keep")
        row = {"kind": kind, "histories": len(group), "alarm_before": int(early.sum())}
        row["found"] = after.sum() / max(1, (~early).sum())  # of a quiet history: false alarms
        if not quiet:
            row |= {
                "median_delay": (group["at"][after] - CHANGED_FROM).median(),
                "right_action": (group["action"][after] == right).mean(),
                "error": group["error"][after].mean(),
                "error_right_action": group["error"][after & (group["action"] == right)].mean(),
            }
        for name in ("ks_bonferroni", "psi", "oe_without_grace", "oe_with_grace"):
            row[name] = group[name].notna().mean() if quiet else (group[name] > CHANGED_FROM).mean()
        made.append(row)
    return pd.DataFrame(made)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=40)
    parser.add_argument("--first", type=int, default=5000)
    parser.add_argument("--kinds", default=",".join(HISTORIES))
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    rows = []
    for seed in range(args.first, args.first + args.seeds):
        for kind in args.kinds.split(","):
            history = make_monitoring_history(kind, seed=seed)
            rows.append({"kind": kind, "seed": seed, **looked_at(history), **usual_alarms(history)})
        if args.out:
            args.out.write_text(pd.DataFrame(rows).to_json(orient="records", indent=1), encoding="utf-8")
    frame = pd.DataFrame(rows)
    print(summary(frame).round(3).to_string(index=False))
    quiet = frame[frame["kind"].isin(QUIET)]
    stated = {
        "false alarms together": float(quiet["at"].notna().mean()),
        "CPU seconds a look": float(frame["seconds"].sum() / frame["looks"].sum()),
        "looks with too few events": int(frame["too_few"].sum()),
    }
    print(json.dumps(stated, indent=1))


if __name__ == "__main__":
    main()
