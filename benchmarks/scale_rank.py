"""Speed and memory of ranking many patients: 3 options, 30 features, 400 draws.

Seconds are of the processor, of one process; each is compared with that of an older source tree in the same run, since
absolute figures depend on the machine.  The ranking JSON of both is compared byte for byte.  Long tables are ranked by
``genorx rank --batch 10000`` in one process, in two, and by a local Dask cluster of two workers, in turn: seconds by
the clock, and on Linux the processor's seconds and peak memory of each process, from which a machine that is not free
can be reckoned (``reckoned``: all seconds by the number of cores, or those of the busiest process if they are more);
the files are compared byte for byte.  A million patients take ten minutes of a free core.

    python benchmarks/scale_rank.py [--before OLDER_SRC_FOLDER] [--patients 500] [--rows 20000 1000000]
    python benchmarks/scale_rank.py --patients 0 --rows 80000 --batch 5000 [--workers 2] [--repeats 3]
"""

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pandas as pd

import genorx
from genorx._core.row_files import parquet_rows
from genorx.datasets import make_trial
from genorx.ranking import TreatmentRanker

OPTIONS = ("standard", "new", "third")
_FEATURES = {"genes": 12, "noise": 2}
_PART = 50_000  # patients made at a time
_STUDY = '[study]\nname = "long"\npatient_id = "patient_id"\n[[tables]]\npath = "{table}"\nrole = "clinical"\n'
_RANK = """
import hashlib, inspect, json, sys, time
from genorx.cohort import Cohort
from genorx.datasets import make_trial
from genorx.ranking import load_model
ranker, n = load_model(sys.argv[1]), int(sys.argv[2])
made = make_trial(n, options=("standard", "new", "third"), genes=12, noise=2, missing=float(sys.argv[3]), seed=2)
specs = ranker.specs_
patients = Cohort(features=made.features, specs=specs, digest="1" * 64)
few = {"curves": False} if "curves" in inspect.signature(ranker.rank).parameters else {}
ranker.rank(Cohort(features=made.features.iloc[:30], specs=specs), **few)
start = time.process_time()
ranking = ranker.rank(patients, **few)
ranked = time.process_time()
text = ranking.to_json()
written = time.process_time()
ranker.predict(patients)
predicted = time.process_time()
records = json.loads(text)
for record in records:
    del record["provenance"]
found = {"rank": n / (ranked - start), "rank_json": n / (written - start), "predict": n / (predicted - written)}
print(json.dumps(found | {"digest": hashlib.sha256(json.dumps(records).encode()).hexdigest()}))
"""


_OUTCOMES = {"one": ("os",), "two": ("os", "toxicity")}


def models(home: Path, names: Iterable[str]) -> dict[str, Path]:
    """Fit a model of survival alone, and one of survival and toxicity."""
    cohort = make_trial(1500, options=OPTIONS, seed=1, **_FEATURES).cohort()
    found = {}
    for name in names:
        outcomes = _OUTCOMES[name]
        found[name] = home / f"{name}.model"
        chosen = replace(cohort, outcomes={each: cohort.outcomes[each] for each in outcomes})
        TreatmentRanker(n_draws=400).fit(chosen).save(found[name])
    return found


def ranked(source: Path, model: Path, n: int, missing: float) -> dict[str, float | str]:
    """Patients a second of one source tree."""
    command = [sys.executable, "-c", _RANK, str(model), str(n), str(missing)]
    made = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": str(source)}, capture_output=True, text=True, check=True
    )
    return json.loads(made.stdout)


def write_patients(table: Path, n: int) -> None:
    """Write a Parquet table of n patients, some at a time, each with an id of its own."""
    with parquet_rows(table) as rows:
        for number, start in enumerate(range(0, n, _PART)):
            made = make_trial(min(_PART, n - start), options=OPTIONS, seed=100 + number, **_FEATURES).features
            made.index = pd.Index([f"P{start + row:07d}" for row in range(len(made))], name="patient_id")
            rows.add(made.reset_index())


class Usage(NamedTuple):
    """Processor's seconds of a process, and the most memory that it had."""

    seconds: float
    mebibytes: int


def running(process: int) -> dict[int, Usage]:
    """Usage of a process and of all that come from it, from ``/proc``; empty where that is not there.

    ``ru_maxrss`` is not asked: on Linux it begins with the memory of the process that started this one.
    """
    usage, parents = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "stat").read_text().rpartition(")")[2].split()
            most = re.search(r"VmHWM:\s+(\d+)", (folder / "status").read_text())
        except OSError:  # it ended
            continue
        number = int(folder.name)
        parents[number] = int(words[1])
        seconds = sum(map(int, words[11:13])) / os.sysconf("SC_CLK_TCK")
        usage[number] = Usage(seconds, int(most[1]) // 1024 if most else 0)
    found, more = {}, {process}
    while more:
        found |= {each: usage[each] for each in more if each in usage}
        more = {child for child, parent in parents.items() if parent in more}
    return found


def long_table(home: Path, model: Path, n: int, batch: int, more: list[str]) -> tuple[dict[str, object], str]:
    """Seconds and peak memory of ``genorx rank --batch`` on n patients, and the digest of what was written."""
    table, out = home / f"{n}.parquet", home / "out.csv"
    if not table.exists():
        write_patients(table, n)
        (home / f"{n}.toml").write_text(_STUDY.format(table=table.name))
    command = ["rank", model, home / f"{n}.toml", "--out", out, "--batch", batch, "--quiet", *more]
    start, found = time.perf_counter(), {}
    process = subprocess.Popen([sys.executable, "-c", "from genorx.cli import main; main()", *map(str, command)])
    while process.poll() is None:
        for number, usage in running(process.pid).items():  # one that ended has no memory any more
            found[number] = Usage(*map(max, usage, found.get(number, usage)))
        time.sleep(0.1)
    clock = time.perf_counter() - start
    if process.returncode:
        raise SystemExit("genorx rank failed")
    of_all = sorted((each for each in found.values() if each.seconds >= 0.1), reverse=True)
    spent = [each.seconds for each in of_all]
    figures = {"clock": round(clock, 2)}
    if spent:
        figures["reckoned"] = round(max(spent[0], sum(spent) / (os.cpu_count() or 1)), 2)
        figures["processor"] = spent
        figures["peak_mib"] = [each.mebibytes for each in of_all]
    figures["out_mib"] = round(out.stat().st_size / 2**20, 1)
    with out.open("rb") as file:
        return figures, hashlib.file_digest(file, "sha256").hexdigest()


def long_tables(home: Path, model: Path, n: int, asked: argparse.Namespace) -> dict[str, object]:
    """Figures of each way in turn: of several runs that with the least seconds by the clock."""
    workers = ["--workers", str(asked.workers)]
    ways = {"one": [], f"{workers[1]} processes": workers, f"{workers[1]} of Dask": [*workers, "--cluster", "local"]}
    best: dict[str, dict[str, object]] = {}
    digests = set()
    for _ in range(asked.repeats):
        for way, more in ways.items():
            found, digest = long_table(home, model, n, asked.batch, more)
            digests.add(digest)
            best[way] = min(best.get(way, found), found, key=lambda each: each["clock"])
    if len(digests) > 1:
        raise SystemExit("files differ")
    ratios = {
        way: {name: round(best["one"][name] / found[name], 2) for name in ("clock", "reckoned") if name in found}
        for way, found in best.items()
    }
    return best | {"times as fast as one": ratios}


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", type=Path, help="src folder of an older version, to compare with")
    parser.add_argument("--patients", type=int, default=500)
    parser.add_argument("--rows", type=int, nargs="*", default=[20_000])
    parser.add_argument("--batch", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=1)
    asked = parser.parse_args()
    here = Path(genorx.__file__).parents[1]
    figures: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as place:
        home = Path(place)
        found = models(home, _OUTCOMES if asked.patients else ["one"])
        for name, model in found.items() if asked.patients else ():
            for missing in (0.0, 0.1):
                key = f"outcomes: {name}; {missing:.0%} of laboratory and lifestyle values missing"
                after = ranked(here, model, asked.patients, missing)
                figures[key] = {what: round(each) for what, each in after.items() if what != "digest"}
                if asked.before is not None:
                    before = ranked(asked.before, model, asked.patients, missing)
                    ratios = {what: round(after[what] / before[what], 1) for what in before if what != "digest"}
                    same = after["digest"] == before["digest"]
                    figures[key] |= {"times as fast as before": ratios, "JSON equal": same}
        for n in asked.rows:
            figures[f"{n} rows, {asked.batch} at a time"] = long_tables(home, found["one"], n, asked)
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
