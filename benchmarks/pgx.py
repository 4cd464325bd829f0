"""Pharmacogenes: time and memory for one sample, cold and warm, and for cohorts.

Usage: python benchmarks/pgx.py [SAMPLES ...]   (default 1000 3000 10000)

Genotypes are drawn allele by allele from the shipped definitions: two named alleles a gene with frequency of the
reference 0.6, so that a cohort has many distinct patterns (more than real ones do).
"""

from __future__ import annotations

import json
import resource
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
import resource, time, sys
t = time.perf_counter(); c = time.process_time()
from genorx import pgx
frame = pgx.call_cohort({path!r})
print(len(frame), time.perf_counter()-t, time.process_time()-c, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss/1024)
"""


def write_cohort(path: Path, samples: int, seed: int = 0) -> None:
    """Write a multi-sample VCF of all sites."""
    rng = np.random.default_rng(seed)
    names = "\t".join(f"S{i:05d}" for i in range(samples))
    with path.open("w") as out:
        out.write("##fileformat=VCFv4.2\n##contig=<ID=chr1,length=248956422>\n")
        out.write(f"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{names}\n")
        for gene in default_pack().genes.values():
            weights = np.full(len(gene.alleles), 0.4 / max(1, len(gene.alleles) - 1))
            weights[[a.reference for a in gene.alleles].index(True)] = 0.6
            drawn = rng.choice(len(gene.alleles), size=(2, samples), p=weights / weights.sum())
            for index, p in enumerate(gene.positions):
                bases = [p.ref, *p.alts]
                entries = [a.bases.get(index, p.ref) for a in gene.alleles]
                codes = [bases.index(e) if e in bases else bases.index(min(WOBBLES[e] & set(bases))) for e in entries]
                one, two = (np.array(codes)[d] for d in drawn)
                calls = "\t".join(f"{a}/{b}" for a, b in zip(np.minimum(one, two), np.maximum(one, two), strict=True))
                out.write(f"{p.chrom}\t{p.pos}\t.\t{p.ref}\t{','.join(p.alts)}\t.\tPASS\t.\tGT\t{calls}\n")


def warm(path: Path) -> float:
    """CPU seconds of one sample, all genes, definitions in memory: the median of nine."""
    pgx.call(path)
    times = []
    for _ in range(9):
        start = time.process_time()
        pgx.call(path)
        times.append(time.process_time() - start)
    return float(np.median(times))


def main(sizes: list[int]) -> None:
    """Print one JSON object a measurement."""
    with tempfile.TemporaryDirectory() as folder:
        one = Path(folder) / "one.vcf"
        write_cohort(one, 1)
        cold = subprocess.run(
            [sys.executable, "-c", COLD.format(path=str(one))], capture_output=True, text=True, check=True
        )
        print(json.dumps({"what": "one sample", "cold_s": float(cold.stdout), "warm_cpu_s": warm(one)}))
        for samples in sizes:
            path = Path(folder) / f"{samples}.vcf"
            write_cohort(path, samples)
            done = subprocess.run(
                [sys.executable, "-c", COHORT.format(path=str(path))], capture_output=True, text=True, check=True
            )
            rows, wall, cpu, mib = map(float, done.stdout.split())
            print(json.dumps({"what": "cohort", "samples": int(rows), "wall_s": wall, "cpu_s": cpu, "peak_mib": mib}))
            path.unlink()
    print(json.dumps({"what": "maker's own peak", "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


if __name__ == "__main__":
    main([int(text) for text in sys.argv[1:]] or [1000, 3000, 10000])
