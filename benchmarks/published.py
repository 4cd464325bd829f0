"""Time and values of the published models: ``python benchmarks/published.py [EXAMPLES]``.

Measures on one core: 10,000 patients x 16 options of PREDICT Breast, 100,000 patients of PREVENT,
the import of the room; and, where EXAMPLES (a folder of the public implementations' examples) is given, the greatest
difference from them.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from genorx import published

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")  # read when a library of linear algebra first counts its threads


def women(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Made women for PREDICT Breast."""
    columns = {"grade": (1, 4), "nodes": (0, 10), "er": (0, 2), "pr": (0, 2), "her2": (0, 2), "ki67": (0, 2)}
    columns |= {"screen": (0, 2), "smoker": (0, 2), "postmenopausal": (0, 2), "age": (25, 86), "size": (5, 60)}
    frame = pd.DataFrame({name: rng.integers(low, high, n) for name, (low, high) in columns.items()})
    return frame.assign(generation=rng.choice([2, 3], n), heart_gy=rng.uniform(0, 6, n))


def people(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Simulated people for PREVENT, a third of them with each optional value."""
    frame = pd.DataFrame({name: rng.integers(0, 2, n) for name in ("smoker", "bp_meds", "statin", "diabetes")})
    frame = frame.assign(
        age=rng.integers(30, 80, n), sex=rng.choice(["female", "male"], n), sbp=rng.integers(90, 200, n)
    )
    frame = frame.assign(tc_mmol=rng.uniform(3.5, 8, n), hdl_mmol=rng.uniform(0.6, 2.4, n), bmi=rng.uniform(19, 39, n))
    optional = {"uacr": rng.uniform(1, 300, n), "hba1c": rng.uniform(4, 11, n), "sdi_decile": rng.integers(1, 11, n)}
    known = {name: np.where(rng.random(n) < 1 / 3, value, np.nan) for name, value in optional.items()}
    return frame.assign(egfr=rng.uniform(15, 130, n), **known)


def best_of_three(call) -> tuple[float, float]:
    """Least processor and wall-clock seconds."""
    seconds = []
    for _ in range(3):
        processor, wall = time.process_time(), time.perf_counter()
        call()
        seconds.append((time.process_time() - processor, time.perf_counter() - wall))
    return min(each[0] for each in seconds), min(each[1] for each in seconds)


def main() -> None:
    rng = np.random.default_rng(0)
    breast, prevent = published.load("predict-breast@3.2"), published.load("prevent@2023")
    options = breast.all_options()[:16]
    many, crowd, some = women(10_000, rng), people(100_000, rng), women(1_000, rng)
    jobs = {
        "predict-breast@3.2, 10,000 x 16 options, one horizon": lambda: breast.predict(many, [10], options),
        "predict-breast@3.2, 10,000 x 16 options, 5, 10 and 15 years": lambda: breast.predict(many, None, options),
        "predict-breast@3.2, 1,000 patients ranked, 48 options": lambda: breast.rank(some),
        "prevent@2023 auto, 100,000": lambda: prevent.evaluate(crowd),
    }
    for name, job in jobs.items():
        processor, wall = best_of_three(job)
        print(f"{name}: {processor:.2f} s of processor, {wall:.2f} s")
    code = "import time, pandas; t = time.process_time(); import genorx.published; print(time.process_time() - t)"
    command = [sys.executable, "-c", code]
    runs = [float(subprocess.run(command, capture_output=True, text=True, check=True).stdout) for _ in range(3)]
    print(f"import genorx.published after pandas: {min(runs):.3f} s of processor")
    if len(sys.argv) > 1:
        compare(Path(sys.argv[1]))


def compare(folder: Path) -> None:
    """Greatest difference from the public implementations, PREDICT Breast."""
    table = pd.read_csv(folder / "predict_breast.csv", dtype={"version": str})
    for version, part in table.groupby("version"):
        inputs = part.filter(like="in.").rename(columns=lambda column: column.removeprefix("in."))
        got = published.load(f"predict-breast@{version}").evaluate(inputs)
        gaps = [
            (got[name.removeprefix("out.")] - part[name]).abs().max()
            for name in part.filter(like="out.")
            if part[name].notna().any()
        ]
        print(f"predict-breast@{version}: {len(part)} patients, greatest difference {np.nanmax(gaps):.1e}")


if __name__ == "__main__":
    main()
