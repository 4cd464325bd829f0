"""Gene tables of a cohort: from text, from BCF, and from the VCF Zarr store of the same records, in one run.

    python benchmarks/scale_genes.py [--repeats 3] [--shapes gt wide] [--records 20000] [--samples 2000] [--out F.json]

Files are made: one to three ``CSQ`` entries a record, 50 records a gene, 1 % no-calls, allele frequencies of a beta
distribution (0.2, 1), 5 % of the records filtered.  ``gt`` has GT alone, ``wide`` a fifth as many records of
GT:AD:DP:GQ:PL; bio2zarr makes the store.  Each way runs in a process of its own, in turn, and reads a small file first,
with the compiled loops, so that what is compiled and loaded once is not counted; JSON is printed: least seconds of
processor, how many times as fast as text, peak memory in MB (of Linux), machine and versions.  The tables must be
equal.  ``_panel`` are a tenth of the genes.  ``text_floor`` and ``store_floor`` are what unpacking alone takes: of the
text, and of the genotypes.
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
from scale import HEAD, as_bcf

from genorx.variants.zarr_convert import convert

TERMS = ("missense_variant", "synonymous_variant", "intron_variant", "stop_gained", "inframe_deletion")
CSQ = (
    '##INFO=<ID=CSQ,Number=.,Type=String,Description="VEP. Format: '
    'Allele|Consequence|IMPACT|SYMBOL|Gene|Feature_type|Feature|BIOTYPE">\n'
)
PER_GENE, SMALL = 50, 200  # records
TIMED = """
import json, sys, time
from pathlib import Path
import genorx as gx
from genorx._core import compiled
from genorx.features.panel import Panel
from genorx.variants.files import line_buffers
from genorx.variants.zarr_store import ZarrStore
small, path, way, genes = sys.argv[1:]
compiled.LOADED_AFTER = compiled.COMPILED_AFTER = -1
def table(path):
    return gx.variant_features(path, "genes")
def panel(path):
    return gx.variant_features(path, Panel(genes=tuple(f"GENE{number}" for number in range(0, int(genes), 10))))
def text(path):
    for piece in line_buffers(path, size=1 << 21): pass
def arrays(path):
    store = ZarrStore(path)
    for start, stop in store.chunks():
        store.part("call_genotype", start, stop)
globals()[way](small)
begin = time.process_time()
made = globals()[way](path)
used = time.process_time() - begin
status = Path("/proc/self/status").read_text()
digest = 0 if made is None else int(__import__("zlib").crc32(made.to_csv().encode()))
print(json.dumps([used, int(status.partition("VmHWM:")[2].split()[0]) / 1024, digest]))
"""
WAYS = {
    "text": ("vcf.gz", "table"),
    "bcf": ("vcf.gz.bcf", "table"),
    "store": ("vcz", "table"),
    "text_panel": ("vcf.gz", "panel"),
    "store_panel": ("vcz", "panel"),
    "text_floor": ("vcf.gz", "text"),
    "store_floor": ("vcz", "arrays"),
}


def write(path: Path, records: int, samples: int, *, wide: bool) -> None:
    """Write a cohort with annotations."""
    rng = np.random.default_rng(1)
    genotypes = np.array(["0/0", "0/1", "1/1", "./."])
    position = 10_000
    with pysam.BGZFile(str(path), "wb") as out:
        names = "\t".join(f"S{number}" for number in range(samples))
        out.write(f"{HEAD}{CSQ}#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{names}\n".encode())
        for number in range(records):
            position += int(rng.integers(1, 400))
            share = rng.beta(0.2, 1.0)
            chances = np.array([(1 - share) ** 2, 2 * share * (1 - share), share**2, 1 / 99]) * 0.99
            cells = genotypes[rng.choice(4, size=samples, p=chances / chances.sum())].tolist()
            if wide:
                depth, alt, quality = (rng.integers(*limits, samples).tolist() for limits in ((5, 60), (0, 5), (1, 99)))
                cells = [
                    f"{cell}:{d - a},{a}:{d}:{q}:0,{q},{13 * q}"
                    for cell, d, a, q in zip(cells, depth, alt, quality, strict=True)
                ]
            ref, alt_base = rng.choice(list("ACGT"), 2, replace=False)
            gene = number // PER_GENE
            entries = [
                f"{alt_base}|{rng.choice(TERMS)}|x|GENE{gene}|ENSG{gene:011d}|Transcript|ENST{number:011d}|protein_coding"
                for _ in range(int(rng.integers(1, 4)))
            ]
            fixed = ["chr1", str(position), ".", ref, alt_base, "50", "PASS" if rng.random() < 0.95 else "q10"]
            form = "GT:AD:DP:GQ:PL" if wide else "GT"
            out.write(("\t".join([*fixed, f"AF={share:.4f};CSQ={','.join(entries)}", form, *cells]) + "\n").encode())


def made(home: Path, name: str, records: int, samples: int, *, wide: bool) -> Path:
    """Write a file in each form; return its path without an ending."""
    path = home / f"{name}.vcf.gz"
    write(path, records, samples, wide=wide)
    as_bcf(path)
    convert(path, home / f"{name}.vcz")
    return home / name


def compare(small: Path, large: Path, repeats: int, genes: int) -> dict[str, object]:
    """Run each way in turn."""
    runs: dict[str, list[list[float]]] = {way: [] for way in WAYS}
    for _ in range(repeats):
        for way, (ending, function) in WAYS.items():
            given = [f"{path}.{ending}" for path in (small, large)]
            told = subprocess.run(
                [sys.executable, "-c", TIMED, *given, function, str(genes)], check=True, capture_output=True
            )
            runs[way].append(json.loads(told.stdout))
    for alike in (("text", "bcf", "store"), ("text_panel", "store_panel")):
        if len({found[2] for way in alike for found in runs[way]}) > 1:
            raise SystemExit("the tables differ")
    least = {way: min(found[0] for found in each) for way, each in runs.items()}
    return {
        "cpu_s": {way: round(used, 3) for way, used in least.items()},
        "times_as_fast_as_text": {
            way: round(least[beside] / least[way], 2)
            for way, beside in {"bcf": "text", "store": "text", "store_panel": "text_panel"}.items()
        },
        "peak_mb": {way: round(max(found[1] for found in each)) for way, each in runs.items()},
    }


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--samples", type=int, default=2_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--shapes", nargs="+", choices=("gt", "wide"), default=["gt", "wide"])
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    versions = {}
    for name in ("numpy", "pandas", "zarr", "numcodecs", "bio2zarr", "deflate", "numba"):
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = "not installed"
    machine = f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    result: dict[str, object] = {"machine": machine, "python": platform.python_version(), "versions": versions}
    with tempfile.TemporaryDirectory() as folder:
        for shape in options.shapes:
            wide, home = shape == "wide", Path(folder)
            small = made(home, f"{shape}-small", SMALL, options.samples, wide=wide)
            records = options.records // (5 if wide else 1)
            large = made(home, shape, records, options.samples, wide=wide)
            result[shape] = compare(small, large, options.repeats, records // PER_GENE)
    text = json.dumps(result, indent=2)
    if options.out:
        options.out.write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
