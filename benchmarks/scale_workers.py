"""The gene table of an annotated cohort by one process and by several that are kept, in one run.

    python benchmarks/scale_workers.py [--records 20000] [--samples 2000] [--workers 2] [--repeats 3] [--wide]

The file is that of ``scale_genes.py``: GT alone, or GT:AD:DP:GQ:PL with ``--wide``, and an index.  JSON is printed:
least seconds by the clock of each way, in turn, the several also in a new block (``first``: processes are started); on
Linux also the processor's seconds of each process, from which a machine that is not free can be reckoned: caller and
the slowest of the others, one after the other.  The tables are compared byte by byte.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import tempfile
import time
from pathlib import Path

import genorx as gx
from genorx._core.output import to_csv
from genorx._core.workers import sharing


def write(path: Path, records: int, samples: int, *, wide: bool) -> None:
    """Write a cohort and its index."""
    import pysam  # noqa: PLC0415  each worker imports what the script does
    import scale_genes  # noqa: PLC0415

    scale_genes.write(path, records, samples, wide=wide)
    pysam.tabix_index(str(path), preset="vcf", force=True)


def used() -> dict[int, float]:
    """Processor's seconds of this process (0) and of each that it started; of those on Linux alone."""
    found = {0: time.process_time()}
    for process in multiprocessing.active_children():
        told = Path(f"/proc/{process.pid}/schedstat")
        if told.exists():
            found[process.pid or -1] = int(told.read_text().split()[0]) / 1e9
    return found


def measure(path: Path, figures: dict[str, list[float]]) -> str:
    """Add seconds by the clock, of this process and of the busiest other; return the table."""
    before, begin = used(), time.perf_counter()
    table = gx.variant_features(path, "genes")
    clock, after = time.perf_counter() - begin, used()
    spent = {process: now - before.get(process, 0.0) for process, now in after.items()}
    others = [each for process, each in spent.items() if process]
    for name, value in (("clock", clock), ("reckoned", spent[0] + max(others, default=0.0))):
        figures.setdefault(name, []).append(value)
    return to_csv(table, index=True)


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--samples", type=int, default=2_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--wide", action="store_true")
    asked = parser.parse_args()
    found: dict[str, dict[str, list[float]]] = {"one": {}, "first": {}, "kept": {}}
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "cohort.vcf.gz"
        write(path, asked.records, asked.samples, wide=asked.wide)
        gx.variant_features(path, "genes")  # what is loaded once is loaded
        for _ in range(asked.repeats):
            tables = {measure(path, found["one"])}
            with sharing(asked.workers):
                tables |= {measure(path, found["first"]), measure(path, found["kept"])}
            if len(tables) > 1:
                raise SystemExit("tables differ")
    least = {way: {name: round(min(each), 3) for name, each in of.items()} for way, of in found.items()}
    times = {way: {name: round(least["one"][name] / of[name], 2) for name in of} for way, of in least.items()}
    sys.stdout.write(json.dumps({"seconds": least, "times as fast as one": times}, indent=1) + "\n")


if __name__ == "__main__":
    main()
