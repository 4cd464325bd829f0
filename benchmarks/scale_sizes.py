"""Cost against size: records and samples of a cohort file; patients, features and draws of a ranking and of its model.

    python benchmarks/scale_sizes.py [--repeats 2] [--large]

Each size is measured in processor seconds of this process, the least of the repeats, after a small run that loads what
is needed.  The exponent is the slope of log seconds on log size by least squares: 1 is linear, below 1 says that a
fixed part still counts.  ``--large`` takes four times the patients, records and samples.  JSON is printed.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
from scale import write

import genorx as gx
from genorx.cohort import Cohort
from genorx.datasets import make_trial
from genorx.ranking import TreatmentRanker

OPTIONS = ("standard", "new", "third")
RECORDS, SAMPLES, PATIENTS = (2000, 4000, 8000), (100, 200, 400, 800), (250, 500, 1000)
DRAWS, GENES = (100, 200, 400, 800), (6, 24, 96)
FITTED_PATIENTS, FITTED_GENES = (300, 600, 1200, 2400), (24, 96, 384)
WIDE = ((80, 1000), (80, 3000), (300, 1000))  # patients and features of two options


def seconds(work: Callable[[], object], repeats: int) -> float:
    """Return the least seconds of the processor."""
    found = []
    for _ in range(repeats):
        begin = time.process_time()
        work()
        found.append(time.process_time() - begin)
    return min(found)


def told(sizes: Iterable[int], used: Iterable[float]) -> dict[str, object]:
    """Return seconds by size, and the exponent."""
    of = dict(zip(sizes, used, strict=True))
    slope = np.polyfit(np.log(list(of)), np.log(list(of.values())), 1)[0]
    return {"seconds": {size: round(each, 3) for size, each in of.items()}, "exponent": round(float(slope), 2)}


def dosages(home: Path, records: int, samples: int, repeats: int) -> float:
    """Return the seconds of reading the dosages of a file."""
    path = home / f"{records}_{samples}.vcf.gz"
    write(path, records, wide=False, samples=samples)

    def read() -> None:
        for block in gx.iter_genotypes(path, fields=("dosage",)):
            assert block.dosage.size

    return seconds(read, repeats)


def study(n: int, genes: int) -> Cohort:
    """Return n patients with survival under three options."""
    cohort = make_trial(n, options=OPTIONS, genes=genes, noise=2, seed=1).cohort()
    return replace(cohort, outcomes={"os": cohort.outcomes["os"]})


def model(genes: int) -> TreatmentRanker:
    """Fit a model of survival to 600 patients."""
    return TreatmentRanker(n_draws=400).fit(study(600, genes))


def fitted(n: int, genes: int, repeats: int) -> float:
    """Return the seconds of choosing and fitting the models of a ranking."""
    cohort = study(n, genes)
    return seconds(lambda: TreatmentRanker(n_draws=400).fit(cohort), repeats)


def wide(n: int, features: int, repeats: int) -> dict[str, object]:
    """Return the seconds of fitting and ranking with more features than patients, and the size of the model file."""
    cohort = make_trial(n, genes=features - 18, noise=2, seed=1).cohort()
    cohort = replace(cohort, outcomes={"os": cohort.outcomes["os"]})
    used = {"fit": seconds(lambda: TreatmentRanker(n_draws=400).fit(cohort), repeats)}
    ranker = TreatmentRanker(n_draws=400).fit(cohort)
    used["rank"] = seconds(lambda: ranker.rank(cohort, curves=False).to_frame(), repeats)
    with tempfile.TemporaryDirectory() as place:
        ranker.save(Path(place) / "wide.model")
        size = (Path(place) / "wide.model").stat().st_size
    return {name: round(each, 2) for name, each in used.items()} | {"model file, MB": round(size / 1e6, 1)}


def ranked(ranker: TreatmentRanker, genes: int, n: int, repeats: int) -> float:
    """Return the seconds of ranking n patients."""
    made = make_trial(n, options=OPTIONS, genes=genes, noise=2, seed=2)
    patients = Cohort(features=made.features, specs=ranker.specs_, digest="1" * 64)
    ranker.rank(replace(patients, features=made.features.iloc[:20]), curves=False)
    return seconds(lambda: ranker.rank(patients, curves=False).to_frame(), repeats)


def by_draws(ranker: TreatmentRanker, n: int, repeats: int) -> list[float]:
    """Return the seconds of ranking with more and more draws."""
    found = []
    for draws in DRAWS:
        ranker.n_draws = draws
        found.append(ranked(ranker, 12, n, repeats))
    ranker.n_draws = 400
    return found


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--large", action="store_true")
    asked = parser.parse_args()
    times = 4 if asked.large else 1
    records, samples, patients = (tuple(times * each for each in sizes) for sizes in (RECORDS, SAMPLES, PATIENTS))
    names = ("numpy", "pandas", "pysam")
    figures: dict[str, object] = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
        "versions": {name: importlib.metadata.version(name) for name in names} | {"python": platform.python_version()},
    }
    with tempfile.TemporaryDirectory() as place:
        home = Path(place)
        dosages(home, 100, 10, 1)
        figures["records, 200 samples"] = told(records, [dosages(home, n, 200, asked.repeats) for n in records])
        figures["samples, 2,000 records"] = told(samples, [dosages(home, 2000, n, asked.repeats) for n in samples])
    ranker, fixed = model(12), patients[0]
    figures["patients"] = told(patients, [ranked(ranker, 12, n, asked.repeats) for n in patients])
    figures[f"draws, {fixed} patients"] = told(DRAWS, by_draws(ranker, fixed, asked.repeats))
    features = [ranked(model(genes), genes, fixed, asked.repeats) for genes in GENES]
    figures[f"features, {fixed} patients"] = told([18 + genes for genes in GENES], features)
    figures["features, fit to 600 patients"] = told(
        [18 + genes for genes in FITTED_GENES], [fitted(600, genes, asked.repeats) for genes in FITTED_GENES]
    )
    figures["patients, fit of 42 features"] = told(
        FITTED_PATIENTS, [fitted(n, FITTED_GENES[0], asked.repeats) for n in FITTED_PATIENTS]
    )
    figures["more features than patients, two options"] = {
        f"{features} features, {n} patients": wide(n, features, asked.repeats) for n, features in WIDE
    }
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
