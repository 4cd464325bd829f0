"""Gene table of a single-sample VCF of a million records against plain pysam loops over the same file.

    python benchmarks/variants.py [--records 1000000] [--repeats 3] [--entries 1] [--out variants.json]

Writes the file to a temporary folder, runs each way in a process of its own (so that peak memory is its own) and prints
JSON: least seconds of wall and processor, their ratios, and peak memory in MB.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import pysam

HEAD = (
    "##fileformat=VCFv4.2\n##contig=<ID=chr1,length=248956422>\n##contig=<ID=chr2,length=242193529>\n"
    '##FILTER=<ID=q10,Description="low">\n##INFO=<ID=DP,Number=1,Type=Integer,Description="depth">\n'
    '##INFO=<ID=CSQ,Number=.,Type=String,Description="VEP. Format: '
    'Allele|Consequence|IMPACT|SYMBOL|Gene|Feature_type|Feature|BIOTYPE">\n'
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="genotype">\n'
    '##FORMAT=<ID=AD,Number=R,Type=Integer,Description="depths">\n'
    '##FORMAT=<ID=DP,Number=1,Type=Integer,Description="depth">\n'
    '##FORMAT=<ID=GQ,Number=1,Type=Integer,Description="quality">\n'
    "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS1\n"
)
TERMS = ("missense_variant", "synonymous_variant", "intron_variant", "stop_gained", "3_prime_UTR_variant")
WAYS = {
    "genorx": "import genorx as gx; f = gx.variant_features({path!r}, 'genes'); assert f.shape[1] > 1",
    "pysam_genotype": "import pysam\nfor r in pysam.VariantFile({path!r}): r.samples[0]['GT']",
    "pysam_empty": "import pysam\nfor r in pysam.VariantFile({path!r}): pass",
}
MEASURE = """
import json, resource, time
wall, used = time.perf_counter(), time.process_time()
{code}
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps([time.perf_counter() - wall, time.process_time() - used, peak]))
"""


def write(path: Path, records: int, entries: int) -> None:
    """Write an annotated VCF: 5 % filtered, 25 % no-calls, two contigs, 2,000 genes."""
    rng = random.Random(1)
    position = 10_000
    with pysam.BGZFile(str(path), "wb") as out:
        out.write(HEAD.encode())
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
            call = f"{genotype}:{depth // 2},{depth - depth // 2}:{depth}:{rng.randint(1, 99)}"
            flt = "PASS" if rng.random() < 0.95 else "q10"
            contig = "chr1" if number < records // 2 else "chr2"
            row = f"{contig}\t{position}\t.\t{ref}\t{alt}\t50\t{flt}\tDP={depth};CSQ={said}\tGT:AD:DP:GQ\t{call}\n"
            out.write(row.encode())


def measure(code: str) -> list[float]:
    """Wall and processor seconds and peak MB of code in a process of its own, imports included."""
    script = MEASURE.format(code=code)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--entries", type=int, default=1, help="annotation entries a record")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "one.vcf.gz"
        write(path, options.records, options.entries)
        runs = {name: [] for name in WAYS}
        for _ in range(options.repeats):  # in turn, so that a busy machine is busy for all
            for name, code in WAYS.items():
                runs[name].append(measure(code.format(path=str(path))))
    best = {name: [round(min(column), 2) for column in zip(*found, strict=True)] for name, found in runs.items()}
    result = {
        "records": options.records,
        "entries": options.entries,
        "wall_s": {name: values[0] for name, values in best.items()},
        "cpu_s": {name: values[1] for name, values in best.items()},
        "peak_mb": {name: values[2] for name, values in best.items()},
    }
    for other in ("pysam_genotype", "pysam_empty"):
        result[f"cpu_ratio_to_{other}"] = round(best["genorx"][1] / best[other][1], 2)
        result[f"wall_ratio_to_{other}"] = round(best["genorx"][0] / best[other][0], 2)
    text = json.dumps(result, indent=2)
    if options.out:
        options.out.write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
