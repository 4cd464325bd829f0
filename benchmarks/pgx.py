"""Pharmacogenes: time and memory for one sample, cold and warm, and for cohorts, with the exponent of time on samples.

Usage: python benchmarks/pgx.py [--no-calls SHARE] [--command] [--workers N] [SAMPLES ...]   (default 1000 3000 10000)

Genotypes are drawn allele by allele from the shipped definitions: two named alleles a gene with frequency of the
reference 0.6, so that a cohort has many distinct patterns (more than real ones do).  With ``--no-calls 0.002`` each
cell is a no-call with this probability, so that hardly two people have one pattern of a long gene.  ``--command``
measures ``genorx pgx --out FILE.csv``, with its file, in place of ``pgx.call_cohort``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from genorx import pgx
from genorx.knowledge import default_pack
from genorx.knowledge.definition import WOBBLES

COLD = "import time; t=time.perf_counter(); from genorx import pgx; pgx.call({path!r}); print(time.perf_counter()-t)"
COHORT = """
import resource, sys, time
from genorx import pgx
from genorx.cli.app import run
if __name__ == "__main__":
    t, c = time.perf_counter(), time.process_time()
    if {command}:
        run(["pgx", {path!r}, "--out", {path!r} + ".csv", "--workers", "{workers}", "--quiet"])
    else:
        pgx.call_cohort({path!r}, workers={workers})
    wall, cpu = time.perf_counter() - t, time.process_time() - c
    peaks = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(wall, cpu, peaks[1].ru_utime + peaks[1].ru_stime, *(peak.ru_maxrss / 1024 for peak in peaks))
"""


def write_cohort(path: Path, samples: int, seed: int = 0, no_calls: float = 0.0) -> None:
    """Write a multi-sample VCF of all sites."""
    rng, holes = np.random.default_rng(seed), np.random.default_rng(seed + 1)
    names = "\t".join(f"S{i:05d}" for i in range(samples))
    cells = np.frombuffer(b"\t./." * samples, dtype=np.uint8).reshape(samples, 4).copy()
    with path.open("wb") as out:
        out.write(b"##fileformat=VCFv4.2\n##contig=<ID=chr1,length=248956422>\n")
        out.write(f"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{names}\n".encode())
        for gene in default_pack().genes.values():
            weights = np.full(len(gene.alleles), 0.4 / max(1, len(gene.alleles) - 1))
            weights[[a.reference for a in gene.alleles].index(True)] = 0.6
            drawn = rng.choice(len(gene.alleles), size=(2, samples), p=weights / weights.sum())
            for index, p in enumerate(gene.positions):
                bases = [p.ref, *p.alts]
                entries = [a.bases.get(index, p.ref) for a in gene.alleles]
                codes = [bases.index(e) if e in bases else bases.index(min(WOBBLES[e] & set(bases))) for e in entries]
                one, two = (np.array(codes)[d] for d in drawn)  # fewer than ten alleles a site: one digit
                cells[:, 1], cells[:, 3] = ord("0") + np.minimum(one, two), ord("0") + np.maximum(one, two)
                if no_calls:
                    cells[np.ix_(holes.random(samples) < no_calls, [1, 3])] = ord(".")
                out.write(f"{p.chrom}\t{p.pos}\t.\t{p.ref}\t{','.join(p.alts)}\t.\tPASS\t.\tGT".encode())
                out.write(cells.tobytes() + b"\n")


def warm(path: Path) -> float:
    """CPU seconds of one sample, all genes, definitions in memory: the least of nine, on a machine with other work."""
    pgx.call(path)
    times = []
    for _ in range(9):
        start = time.process_time()
        pgx.call(path)
        times.append(time.process_time() - start)
    return min(times)


def main(arguments: argparse.Namespace) -> None:
    """Print one JSON object a measurement."""
    with tempfile.TemporaryDirectory() as folder:
        one = Path(folder) / "one.vcf"
        write_cohort(one, 1)
        cold = _run("-c", COLD.format(path=str(one)))
        print(json.dumps({"what": "one sample", "cold_s": cold[0], "warm_cpu_s": warm(one)}), flush=True)
        seconds = [_cohort(Path(folder) / f"{samples}.vcf", samples, arguments) for samples in arguments.samples]
    if len(seconds) > 1:
        slope = np.polyfit(np.log(arguments.samples), np.log(seconds), 1)[0]
        print(json.dumps({"what": "exponent of seconds on samples", "exponent": round(float(slope), 2)}))


def _cohort(path: Path, samples: int, arguments: argparse.Namespace) -> float:
    """Print what a cohort takes, and return its processor seconds."""
    write_cohort(path, samples, no_calls=arguments.no_calls)
    script = path.with_suffix(".py")  # a file: worker processes import it
    script.write_text(COHORT.format(path=str(path), command=arguments.command, workers=arguments.workers))
    wall, cpu, others, peak, most = _run(str(script))
    told = {"wall_s": wall, "cpu_s": cpu, "workers_cpu_s": others, "peak_mib": peak, "largest_worker_mib": most}
    text = path.stat().st_size / 1e6
    print(json.dumps({"what": "cohort", "samples": samples, "text_mb": text, **told}), flush=True)
    path.unlink()
    return cpu + others


def _run(*arguments: str) -> list[float]:
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=True)
    return [float(text) for text in done.stdout.split()]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("samples", metavar="SAMPLES", nargs="*", type=int, default=[1000, 3000, 10000])
    parser.add_argument("--no-calls", metavar="SHARE", type=float, default=0.0)
    parser.add_argument("--command", action="store_true")
    parser.add_argument("--workers", metavar="N", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main(_arguments())
