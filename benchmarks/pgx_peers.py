"""Calls of the same file by genorx, PyPGx and Aldy, gene by gene, with times.

The peers live in an environment of their own (they need pandas < 3; Aldy is for non-commercial or academic use):

    python -m venv peers && peers/bin/pip install "pypgx==0.27.0" "pandas<3" "aldy==4.8.3"
    python benchmarks/pgx_peers.py peers/bin

One phased sample of known star alleles is written, all sites with 30 reads.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pysam

from genorx import pgx
from genorx.knowledge import default_pack
from genorx.variants.assembly import LENGTHS

TRUTH = {
    "CYP2B6": ("*1", "*6"), "CYP2C19": ("*1", "*2"), "CYP2C9": ("*1", "*3"), "CYP3A4": ("*1", "*22"),
    "CYP3A5": ("*1", "*3"), "CYP4F2": ("*1", "*3"), "NAT2": ("*4", "*5"), "NUDT15": ("*1", "*3"),
    "SLCO1B1": ("*1", "*15"), "TPMT": ("*1", "*3A"), "UGT1A1": ("*1", "*28"),
}  # fmt: skip


def write_sample(folder: Path) -> Path:
    """Write the sample, bgzipped and indexed."""
    order = {f"chr{name}": number for number, name in enumerate(LENGTHS["GRCh38"])}
    rows = []
    for gene in default_pack().genes.values():
        pair = TRUTH.get(gene.gene, (gene.reference.name,) * 2)
        for index, p in enumerate(gene.positions):
            alleles = [p.ref, *p.alts]
            entries = [gene.by_name[name].bases.get(index, p.ref) for name in pair]
            codes = [alleles.index(e) if e in alleles else 0 for e in entries]
            depth = [15 * codes.count(number) for number in range(len(alleles))]
            call = f"{codes[0]}|{codes[1]}:{','.join(map(str, depth))}:30"
            text = "\t".join([p.chrom, str(p.pos), ".", p.ref, ",".join(p.alts), "99", "PASS", ".", "GT:AD:DP", call])
            rows.append((order[p.chrom], p.pos, text))
    head = ["##fileformat=VCFv4.2", *(f"##contig=<ID=chr{n},length={v}>" for n, v in LENGTHS["GRCh38"].items())]
    head += ['##FORMAT=<ID=GT,Number=1,Type=String,Description="">']
    head += ['##FORMAT=<ID=AD,Number=R,Type=Integer,Description="">']
    head += ['##FORMAT=<ID=DP,Number=1,Type=Integer,Description="">']
    head += ["\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", "S1"])]
    path = folder / "s.vcf"
    path.write_text("\n".join([*head, *(row[2] for row in sorted(rows))]) + "\n")
    pysam.tabix_index(str(path), preset="vcf", force=True)
    return folder / "s.vcf.gz"


def run(command: list[str]) -> tuple[str, float]:
    """Return the output and the time of a command."""
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout + (done.stderr if done.returncode else ""), time.perf_counter() - start


def by_pypgx(bin_folder: Path, gene: str, vcf: Path, folder: Path) -> tuple[str, float]:
    """Call one gene with PyPGx."""
    out = folder / f"pypgx_{gene}"
    head = [str(bin_folder / "pypgx"), "run-ngs-pipeline", gene, str(out), "--variants", str(vcf)]
    text, seconds = run([*head, "--assembly", "GRCh38", "--force"])
    table, _ = run([str(bin_folder / "pypgx"), "print-data", str(out / "results.zip")])
    found = re.search(r"S1\t(\S+)", table)
    return (found.group(1) if found else f"failed: {text.strip().splitlines()[-1:]}"), seconds


def by_aldy(bin_folder: Path, gene: str, vcf: Path, folder: Path) -> tuple[str, float]:
    """Call one gene with Aldy."""
    out = folder / f"aldy_{gene}.txt"
    text, seconds = run(
        [str(bin_folder / "aldy"), "genotype", "-g", gene, "--genome", "hg38", str(vcf), "-o", str(out)]
    )
    if not out.exists():
        return f"failed: {text.strip().splitlines()[-1:]}", seconds
    rows = [line.split("\t") for line in out.read_text().splitlines() if not line.startswith("#")]
    solutions = dict.fromkeys(f"{row[3]} ({row[4]})" for row in rows if len(row) > 4)
    return " OR ".join(solutions) or "no call", seconds


def main(bin_folder: Path) -> None:
    """Print one JSON object a gene."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        vcf = write_sample(folder)
        pgx.call(vcf)
        start = time.perf_counter()
        (report,) = pgx.call(vcf)
        ours = time.perf_counter() - start
        for gene, pair in TRUTH.items():
            pypgx, pypgx_s = by_pypgx(bin_folder, gene, vcf, folder)
            aldy, aldy_s = by_aldy(bin_folder, gene, vcf, folder)
            row = {"gene": gene, "truth": "/".join(pair), "genorx": list(report.genes[gene].call.diplotypes)}
            row |= {"pypgx": pypgx, "pypgx_s": round(pypgx_s, 2), "aldy": aldy, "aldy_s": round(aldy_s, 2)}
            print(json.dumps(row), flush=True)
        print(json.dumps({"genorx, all genes, warm": round(ours, 3)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
