"""Numbers of ``genorx.oncology``: sizes, counts, times and memory, as JSON on standard output.

    python benchmarks/oncology.py [RAW_FOLDER]

RAW_FOLDER holds ``civic/`` as the project publishes it, for the time of an import; without it that number is absent.
Times are of one core of the machine that runs it; nothing is asserted.
"""

import json
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

from genorx.oncology import default_evidence, import_evidence, match, read_alterations
from genorx.oncology.pack import DATA
from genorx.oncology.vocabulary import vocabulary

LETTERS = "ACDEFGHIKLMNPQRSTVWY"
CSQ = "Format: Allele|Consequence|SYMBOL|Feature|HGVSp|CANONICAL"


def timed(call):
    """Return the result and the seconds of a call."""
    start = time.perf_counter()
    result = call()
    return result, round(time.perf_counter() - start, 3)


def changes(count, seed=1):
    """Return made-up substitutions in the genes of the evidence, one in five named by it."""
    draw = random.Random(seed)
    genes = sorted({a.gene for r in default_evidence() for each in r.predicate for a in each if a.gene})
    named = [a.label for r in default_evidence() for each in r.predicate for a in each if a.type == "protein"]
    made = [
        f"{draw.choice(genes)} {draw.choice(LETTERS)}{draw.randint(2, 900)}{draw.choice(LETTERS)}" for _ in range(count)
    ]
    return [draw.choice(named) if n % 5 == 0 else text for n, text in enumerate(made)]


def write_vcf(path, records):
    """Write a VCF in which one record in fifty is coding."""
    draw = random.Random(3)
    with open(path, "w", encoding="utf-8") as out:
        out.write("##fileformat=VCFv4.2\n##contig=<ID=7,length=159138663>\n")
        out.write(f'##INFO=<ID=CSQ,Number=.,Type=String,Description="{CSQ}">\n')
        out.write("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tNORMAL\tTUMOR\n")
        for n in range(records):
            info = "T|intergenic_variant||||"
            if n % 50 == 0:
                gene = draw.choice(["BRAF", "EGFR", "KRAS", "TTN", "MUC16"])
                info = f"T|missense_variant|{gene}|ENST1|p.Val{draw.randint(2, 900)}Glu|YES"
            out.write(f"7\t{n * 100 + 1}\t.\tA\tT\t.\tPASS\tCSQ={info}\tAD:DP\t30,0:30\t20,10:30\n")
    return path


def main(raw):
    """Measure and print."""
    numbers = {"embedded_bytes": sum(p.stat().st_size for p in DATA.rglob("*") if p.is_file())}
    _, numbers["load_evidence_s"] = timed(default_evidence)
    _, numbers["load_vocabularies_s"] = timed(vocabulary)
    _, numbers["first_match_s"] = timed(lambda: match(["BRAF V600E"], "MEL"))
    texts = changes(5000)
    hits, numbers["match_5000_in_one_list_s"] = timed(lambda: match(texts, "LUAD"))
    _, numbers["match_5000_singly_s"] = timed(lambda: [match([text], "LUAD") for text in texts])
    numbers["hits_of_5000"] = len(hits)
    with tempfile.TemporaryDirectory() as folder:
        small = write_vcf(Path(folder) / "small.vcf", 3313)
        _, numbers["vcf_3313_read_and_match_s"] = timed(lambda: match(read_alterations(small), "LUAD"))
        large = write_vcf(Path(folder) / "large.vcf", 1_000_000)
        _, numbers["vcf_1000000_read_s"] = timed(lambda: read_alterations(large))
    numbers["peak_memory_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    if raw is not None:
        path = sorted((raw / "civic").glob("*_2026-05.tsv.gz"))[-1]
        table, numbers["import_civic_s"] = timed(lambda: import_evidence("civic-tsv", path))
        numbers["civic_rows"] = table.manifest["rows"]
    sys.stdout.write(json.dumps(numbers, indent=2) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
