"""Gene table of a single-sample VCF of a million records against plain pysam loops over the same file.

    python benchmarks/variants.py [--records 1000000] [--repeats 3] [--shapes one five bare full] [--out variants.json]

Shapes of record: ``one`` and ``five`` annotation entries with GT:AD:DP:GQ, ``full`` with GT:AD:DP:GQ:PL, and ``bare``:
GT alone, no annotation, genes by a gene table.  Writes each file to a temporary folder, runs each way in a process of
its own, and prints JSON: least seconds of wall and processor of the whole process, start and imports included, their
ratios, and peak memory in MB.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pysam

HEAD = (
    "##fileformat=VCFv4.2\n##contig=<ID=chr1,length=248956422>\n##contig=<ID=chr2,length=242193529>\n"
    '##FILTER=<ID=q10,Description="low">\n##INFO=<ID=DP,Number=1,Type=Integer,Description="depth">\n'
    "{csq}"
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="genotype">\n'
    '##FORMAT=<ID=AD,Number=R,Type=Integer,Description="depths">\n'
    '##FORMAT=<ID=DP,Number=1,Type=Integer,Description="depth">\n'
    '##FORMAT=<ID=GQ,Number=1,Type=Integer,Description="quality">\n'
    '##FORMAT=<ID=PL,Number=G,Type=Integer,Description="likelihoods">\n'
    "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS1\n"
)
CSQ = (
    '##INFO=<ID=CSQ,Number=.,Type=String,Description="VEP. Format: '
    'Allele|Consequence|IMPACT|SYMBOL|Gene|Feature_type|Feature|BIOTYPE">\n'
)
SHAPES = {"one": (1, "GT:AD:DP:GQ"), "five": (5, "GT:AD:DP:GQ"), "full": (1, "GT:AD:DP:GQ:PL"), "bare": (0, "GT")}
TERMS = ("missense_variant", "synonymous_variant", "intron_variant", "stop_gained", "3_prime_UTR_variant")
WAYS = {
    "genorx": "import genorx as gx; f = gx.variant_features({path!r}, 'genes', genes={genes!r}); assert f.shape[1] > 1",
    "pysam_genotype": "import pysam\nfor r in pysam.VariantFile({path!r}): r.samples[0]['GT']",
    "pysam_empty": "import pysam\nfor r in pysam.VariantFile({path!r}): pass",
}


def write_genes(path: Path) -> None:
    """Write a gene table: 2,000 genes of 60,000 bases, 100,000 apart."""
    rows = [(contig, 10_000 + 100_000 * number, number) for contig in ("chr1", "chr2") for number in range(1000)]
    path.write_text("".join(f"{contig}\t{start}\t{start + 60_000}\t{contig}G{n}\n" for contig, start, n in rows))


def write(path: Path, records: int, entries: int, form: str) -> None:
    """Write a VCF: 5 % filtered, 25 % no-calls, two contigs, 2,000 genes."""
    rng = random.Random(1)
    position = 10_000
    with pysam.BGZFile(str(path), "wb") as out:
        out.write(HEAD.format(csq=CSQ if entries else "").encode())
        for number in range(records):
            position = 10_000 if number == records // 2 else position + rng.randint(1, 400)
            ref = rng.choice("ACGT")
            alt = rng.choice([base for base in "ACGT" if base != ref])
            gene, depth = number * 2000 // records, rng.randint(0, 90)
            said = ",".join(
                f"{alt}|{rng.choice(TERMS)}|x|GENE{gene}|ENSG{number:011d}|Transcript|ENST{number:011d}|protein_coding"
                for _ in range(entries)
            )
            genotype = rng.choice(("0/1", "0/0", "1/1", "./."))
            values = {"GT": genotype, "AD": f"{depth // 2},{depth - depth // 2}", "DP": depth, "GQ": rng.randint(1, 99)}
            values["PL"] = f"{rng.randint(0, 99)},0,{rng.randint(0, 999)}"
            call = ":".join(str(values[key]) for key in form.split(":"))
            flt = "PASS" if rng.random() < 0.95 else "q10"
            contig = "chr1" if number < records // 2 else "chr2"
            info = f"DP={depth};CSQ={said}" if entries else f"DP={depth}"
            row = f"{contig}\t{position}\t.\t{ref}\t{alt}\t50\t{flt}\t{info}\t{form}\t{call}\n"
            out.write(row.encode())


def measure(code: str) -> list[float]:
    """Wall and processor seconds and peak MB of a process that runs code."""
    begin = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", code])
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(status)
    return [time.perf_counter() - begin, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]


def compare(path: Path, genes: str | None, repeats: int) -> dict[str, object]:
    """Run each way over a file, in turn, so that a busy machine is busy for all."""
    runs: dict[str, list[list[float]]] = {name: [] for name in WAYS}
    for _ in range(repeats):
        for name, code in WAYS.items():
            runs[name].append(measure(code.format(path=str(path), genes=genes)))
    best = {name: [round(min(column), 2) for column in zip(*found, strict=True)] for name, found in runs.items()}
    result: dict[str, object] = {
        "wall_s": {name: values[0] for name, values in best.items()},
        "cpu_s": {name: values[1] for name, values in best.items()},
        "peak_mb": {name: values[2] for name, values in best.items()},
    }
    for other in ("pysam_genotype", "pysam_empty"):
        result[f"cpu_ratio_to_{other}"] = round(best["genorx"][1] / best[other][1], 2)
        result[f"wall_ratio_to_{other}"] = round(best["genorx"][0] / best[other][0], 2)
    return result


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES))
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    result: dict[str, object] = {"records": options.records}
    with tempfile.TemporaryDirectory() as folder:
        path, genes = Path(folder) / "one.vcf.gz", Path(folder) / "genes.tsv"
        write_genes(genes)
        for shape in options.shapes:
            entries, form = SHAPES[shape]
            write(path, options.records, entries, form)
            result[shape] = compare(path, None if entries else str(genes), options.repeats)
    text = json.dumps(result, indent=2)
    if options.out:
        options.out.write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
