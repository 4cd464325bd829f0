"""Try many mutated files for a set time and print what came of them: ``python -m tests.fuzz.run --seconds 600``.

Each format has its weight; the seed of a file is its number, so a run is repeated by the same numbers.  Files that were
treated otherwise than the rules say are saved with what they did.
"""

import argparse
import itertools
import resource
import sys
import tempfile
import time
from pathlib import Path

from .oracle import Tally, bound_memory, fuzz_one
from .readers import READERS
from .seeds import all_seeds

#: Formats whose readers take longest get fewer files.
WEIGHTS = {
    "vcf": 6, "bcf": 4, "gvcf": 4, "vcf.tumour": 4, "vcf.bgzip": 4, "pgx.vcf": 4, "model": 6, "outside": 4, "spec": 3,
    "panel": 3, "gene-table": 3, "list": 2, "fusions": 4, "segments": 4, "copy-number": 4, "signatures": 3,
    "pack.gz": 3, "pack": 3, "chip": 3, "frequencies": 3, "pgx.vcf.bgzip": 2, "vcf.gzip": 2,
    "maf": 2, "alterations.json": 2,
}  # fmt: skip


def fuzz(seconds: float, most: int, start: int, keep: Path, kinds: list[str] | None = None) -> Tally:
    """Return what came of up to ``most`` files, tried for ``seconds`` at most."""
    tally = Tally()
    chosen = [kind for kind in READERS if kinds is None or kind in kinds]
    order = [kind for kind in chosen for _ in range(WEIGHTS.get(kind, 1))]
    end = time.monotonic() + seconds
    with tempfile.TemporaryDirectory(prefix="genorx-fuzz-") as place:
        folder = Path(place)
        seeds = all_seeds(folder)
        for number in itertools.islice(itertools.count(start), most):
            if time.monotonic() > end:
                break
            kind = order[number % len(order)]
            before = len(tally.faults)
            fuzz_one(kind, seeds[kind], number, folder, tally)
            if tally.total % 5000 == 0:
                print(f"{tally.total} files, {len(tally.faults)} faults", file=sys.stderr, flush=True)
            for fault in tally.faults[before:]:
                print(f"{fault.kind} seed {fault.seed}: {fault.rule}\n  {fault.save(keep)}", flush=True)
    return tally


def main() -> int:
    """Run, print the counts, and return 1 if a rule was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--files", type=int, default=10**9)
    parser.add_argument("--start", type=int, default=0, help="number of the first file")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-faults"), help="folder for files that broke a rule")
    parser.add_argument("--kind", action="append", help="only this format; may be given again")
    asked = parser.parse_args()
    bound_memory()
    tally = fuzz(asked.seconds, asked.files, asked.start, asked.keep, asked.kind)
    print(f"{'format':<18}{'taken':>9}{'refused':>9}{'faults':>8}  codes")
    for kind in READERS:
        codes = {code: n for (each, code), n in tally.refused.most_common() if each == kind}
        faults = sum(fault.kind == kind for fault in tally.faults)
        common = ", ".join(f"{code} {n}" for code, n in itertools.islice(codes.items(), 4))
        print(f"{kind:<18}{tally.taken[kind]:>9}{sum(codes.values()):>9}{faults:>8}  {common}")
    seconds, kind, seed = tally.slowest
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)
    print(f"{tally.total} files: {tally.taken.total()} taken, {sum(tally.refused.values())} refused, ", end="")
    print(f"{len(tally.faults)} faults; slowest {seconds:.1f} s ({kind} {seed}); at most {memory:.0f} MiB of memory")
    return int(bool(tally.faults))


if __name__ == "__main__":
    raise SystemExit(main())
