"""Cohort files to dosages, against cyvcf2 and a pysam loop over the same files, in one run.

    python benchmarks/scale.py [--repeats 5] [--shapes gt wide gt.bcf wide.bcf] [--records 20000] [--out scale.json]

Files are made: ``gt`` has GT alone, ``wide`` a quarter as many records of GT:AD:DP:GQ:PL; 500 samples, 1 % no-calls,
allele frequencies of a beta distribution (0.2, 1), 5 % of the records filtered, 10 % deletions; ``.bcf`` the same by
htslib.  Each way runs in a process of its own, in turn, so that a busy machine is busy for all; JSON is printed: least
seconds of processor of the reading (imports apart), how many times as fast as cyvcf2, peak memory in MB (of Linux),
machine and versions.  ``genorx_dosage_again`` is a fourth reading in one process, which has loaded what is compiled;
``genorx_dosage_arrays`` uses nothing compiled, and ``genorx_dosage_bare`` is what an installation without the extra
``fast`` does.  What is compiled is compiled before all, which the JSON tells the seconds of.  cyvcf2 gives
``genotype.array()``: its ``gt_types`` are wrong for half and haploid calls.  The dosages of all records are compared
with those of its arrays.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pysam

import genorx as gx

HEAD = (
    "##fileformat=VCFv4.2\n##contig=<ID=chr1,length=248956422>\n##contig=<ID=chr2,length=242193529>\n"
    '##FILTER=<ID=q10,Description="low">\n##INFO=<ID=AF,Number=A,Type=Float,Description="frequency">\n'
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="genotype">\n'
    '##FORMAT=<ID=AD,Number=R,Type=Integer,Description="depths">\n'
    '##FORMAT=<ID=DP,Number=1,Type=Integer,Description="depth">\n'
    '##FORMAT=<ID=GQ,Number=1,Type=Integer,Description="quality">\n'
    '##FORMAT=<ID=PL,Number=G,Type=Integer,Description="likelihoods">\n'
)
SAMPLES = 500
SHAPES = ("gt", "wide", "gt.bcf", "wide.bcf")
TIMED = """
import json, sys, time
from pathlib import Path
import pysam
pysam.set_verbosity(0)
path = sys.argv[1]
{imports}
begin = time.process_time()
{code}
used = time.process_time() - begin
status = Path("/proc/self/status").read_text()  # of this process alone, not of the one that it was forked from
print(json.dumps([used, int(status.partition("VmHWM:")[2].split()[0]) / 1024]))
"""
OURS = "for block in iter_genotypes(path, fields=('dosage',)): block.dosage"
OFF = "import os\nos.environ['GENORX_COMPILED'] = '0'\nfrom genorx import iter_genotypes"
WAYS = {
    "genorx_dosage": ("from genorx import iter_genotypes", OURS),
    "genorx_dosage_again": ("from genorx import iter_genotypes\n" + f"{OURS}\n" * 3, OURS),
    "genorx_dosage_arrays": (OFF, OURS),
    "genorx_dosage_bare": (f"{OFF}\nfrom genorx.variants import files\nfiles.load_libdeflate = lambda: None", OURS),
    "genorx_all": ("from genorx import iter_genotypes", "for block in iter_genotypes(path): block.alleles"),
    "cyvcf2": ("import cyvcf2", "for record in cyvcf2.VCF(path): record.genotype.array()"),
    "pysam": (
        "",
        "for record in pysam.VariantFile(path): [call.allele_indices for call in record.samples.values()]",
    ),
}


def write(path: Path, records: int, *, wide: bool, samples: int = SAMPLES) -> None:
    """Write a cohort."""
    rng = np.random.default_rng(1)
    genotypes = np.array(["0/0", "0/1", "1/1", "./."])
    position = 10_000
    with pysam.BGZFile(str(path), "wb") as out:
        names = "\t".join(f"S{number}" for number in range(samples))
        out.write(f"{HEAD}#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{names}\n".encode())
        for number in range(records):
            position = 10_000 if number == records // 2 else position + int(rng.integers(1, 400))
            share = rng.beta(0.2, 1.0)
            chances = np.array([(1 - share) ** 2, 2 * share * (1 - share), share**2, 1 / 99]) * 0.99
            cells = genotypes[rng.choice(4, size=samples, p=chances / chances.sum())].tolist()
            if wide:
                depth, alt = rng.integers(5, 60, samples).tolist(), rng.integers(0, 5, samples).tolist()
                quality = rng.integers(1, 99, samples).tolist()
                cells = [
                    f"{cell}:{d - a},{a}:{d}:{q}:0,{q},{13 * q}"
                    for cell, d, a, q in zip(cells, depth, alt, quality, strict=True)
                ]
            ref = "ACGT"[int(rng.integers(4))]
            alt_base = "ACGT"[("ACGT".index(ref) + 1) % 4]
            ref += "AT" if rng.random() < 0.1 else ""
            fixed = [f"chr{1 if number < records // 2 else 2}", str(position), ".", ref, alt_base, "50"]
            fixed += ["PASS" if rng.random() < 0.95 else "q10", f"AF={share:.4f}", "GT:AD:DP:GQ:PL" if wide else "GT"]
            out.write(("\t".join([*fixed, *cells]) + "\n").encode())


def as_bcf(path: Path) -> Path:
    """Write a file as BCF."""
    made = path.with_name(f"{path.name}.bcf")
    with pysam.VariantFile(str(path)) as source, pysam.VariantFile(str(made), "wb", header=source.header) as out:
        for record in source:
            out.write(record)
    return made


def assert_equal(path: Path) -> int:
    """Compare dosages with those that cyvcf2's allele numbers give; return how many cells."""
    import cyvcf2  # noqa: PLC0415  ``scale_sizes`` writes files without it

    ours = gx.read_genotypes(path, fields=("dosage",), filters=None).dosage
    for line, record in zip(ours, cyvcf2.VCF(str(path)), strict=True):
        alleles = record.genotype.array()[:, :2]
        theirs = np.where((alleles < 0).any(axis=1), -1, (alleles > 0).sum(axis=1))
        if not np.array_equal(line, theirs):
            raise SystemExit(f"cells differ at {record.CHROM}:{record.POS}")
    return int(ours.size)


def measure(way: str, path: Path) -> list[float]:
    """Processor seconds and peak MB of one way over a file."""
    imports, code = WAYS[way]
    return run(TIMED.format(imports=imports, code=code), path)


def run(text: str, path: Path) -> list[float]:
    """Processor seconds and peak MB that a program tells of a file."""
    done = subprocess.run([sys.executable, "-c", text, str(path)], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def compiling(path: Path) -> float:
    """Processor seconds of reading a file of which all that reads it is compiled first, where it was not before."""
    imports = "from genorx import iter_genotypes\nfrom genorx._core import compiled\ncompiled.COMPILED_AFTER = -1"
    return round(run(TIMED.format(imports=f"{imports}\ncompiled.LOADED_AFTER = -1", code=OURS), path)[0], 2)


def compare(path: Path, records: int, repeats: int) -> dict[str, object]:
    """Run each way over a file in turn."""
    first = compiling(path)
    runs: dict[str, list[list[float]]] = {way: [] for way in WAYS}
    for _ in range(repeats):
        for way in WAYS:
            runs[way].append(measure(way, path))
    least = {way: min(used for used, _ in found) for way, found in runs.items()}
    return {
        "records": records,
        "samples": SAMPLES,
        "cells_equal": assert_equal(path),
        "first_with_compiling_s": first,
        "cpu_s": {way: round(used, 3) for way, used in least.items()},
        "times_as_fast_as_cyvcf2": {way: round(least["cyvcf2"] / used, 2) for way, used in least.items()},
        "peak_mb": {way: round(max(peak for _, peak in found)) for way, found in runs.items()},
    }


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES))
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    versions = {name: importlib.metadata.version(name) for name in ("numpy", "pysam", "cyvcf2", "deflate", "numba")}
    machine = f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    result: dict[str, object] = {"machine": machine, "python": platform.python_version(), "versions": versions}
    with tempfile.TemporaryDirectory() as folder:
        for shape in options.shapes:
            name, _, bcf = shape.partition(".")
            path, records = Path(folder) / f"{name}.vcf.gz", options.records // (4 if name == "wide" else 1)
            if not path.exists():
                write(path, records, wide=name == "wide")
            result[shape] = compare(as_bcf(path) if bcf else path, records, options.repeats)
    text = json.dumps(result, indent=2)
    if options.out:
        options.out.write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
