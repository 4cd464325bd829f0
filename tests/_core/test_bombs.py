"""Small files that unpack to gigabytes: refused by name, in little memory; measured in a process of its own.

A bomb is a gzip member of a run of 64 MiB, packed a thousand to one, over and over: 4 GiB from some 4 MB (RFC 1952
lets members follow each other).
"""

import gzip
import io
import json
import subprocess
import sys
import zipfile

import pytest

MIB = 1 << 20
_READ = """
import json, resource, sys
import genorx as gx
from genorx import oncology, pgx
from genorx.errors import GenorxError
readers = {
    "table": lambda path: gx.read_table(path, "clinical"),
    "pack": lambda path: __import__("genorx.knowledge").knowledge.load_pack(path),
    "model": gx.load_model,
    "genotypes": gx.read_genotypes,
    "pgx": pgx.call,
    "features": lambda path: gx.variant_features(path, "genes"),
    "alterations": oncology.read_alterations,
    "outside": lambda path: pgx.call(path.replace("outside", "whole"), outside=path),
    "evidence": lambda path: oncology.import_evidence("civic-tsv", path),
}
try:
    readers[sys.argv[1]](sys.argv[2])
    code, text = "taken", ""
except GenorxError as error:
    code, text = error.code, str(error)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
print(json.dumps([code, text, peak]))
"""
VCF = b"##fileformat=VCFv4.2\n##contig=<ID=chr1,length=248956422>\n"
CHROM = b"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS1\n"


def repeated(unit, start=b"", times=64):
    """Start, then 64 MiB of a unit, over and over."""
    member = gzip.compress(unit * (64 * MIB // len(unit)), 9, mtime=0)
    return gzip.compress(start, mtime=0) + member * times


def zipped(member, size):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(member, "w") as handle:
        for _ in range(size // MIB):
            handle.write(bytes(MIB))
    return out.getvalue()


def parquet():
    """A constant column of 40 million rows: runs pack it into some kilobytes."""
    import numpy as np
    import pandas as pd

    out = io.BytesIO()
    pd.DataFrame({"id": np.zeros(40_000_000, np.int8)}).to_parquet(out)
    return out.getvalue()


BOMBS = {
    "rows.csv.gz": ("table", lambda: repeated(b"1,1\n", b"id,a\n"), "--max-unpack-ratio"),
    "cells.csv.gz": ("table", lambda: repeated(b"1," * 512), "--max-unpack-ratio"),
    "blank.csv.gz": ("table", lambda: repeated(b"\n", b"id,a\n1,2\n"), "--max-unpack-ratio"),
    "rows.parquet": ("table", parquet, "--max-rows"),
    "lists.json.gz": ("pack", lambda: repeated(b"[],", b"["), "--max-unpack-ratio"),
    "spaces.json.gz": ("pack", lambda: gzip.compress(b" " * 33 * MIB, mtime=0), "--max-unpack-ratio"),
    "zeros.model": ("model", lambda: zipped("values.json", 512 * MIB), "compressed"),
    "header.vcf.gz": ("genotypes", lambda: repeated(b"##x\n", VCF, times=4), "--max-header-lines"),
    "header-pgx.vcf.gz": ("pgx", lambda: repeated(b"##x\n", VCF, times=4), "--max-header-lines"),
    "header-features.vcf.gz": ("features", lambda: repeated(b"##x\n", VCF, times=4), "--max-header-lines"),
    "line.vcf.gz": ("genotypes", lambda: repeated(b"1\t", VCF + CHROM, times=4), "line"),
    "names.vcf.gz": ("genotypes", lambda: repeated(b"x\t", VCF + CHROM[:-1] + b"\t", times=4), "line"),
    "list.txt.gz": ("alterations", lambda: repeated(b"BRAF V600E\n"), "--max-unpack-ratio"),
    "strange.txt.gz": ("alterations", lambda: repeated(b"x\n"), "[alteration-file]"),
    "outside.tsv.gz": ("outside", lambda: repeated(b"CYP2D6\t*1/*1\n"), "--max-unpack-ratio"),
    "civic.tsv.gz": ("evidence", lambda: repeated(b"a\tb\n"), "--max-unpack-ratio"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_by_the_name_of_a_limit_in_little_memory(name, tmp_path):
    """Under 1 GiB in all, of which the libraries take some 200 MiB."""
    reader, make, said = BOMBS[name]
    path = tmp_path / name
    path.write_bytes(make())
    (tmp_path / "whole.tsv.gz").write_bytes(gzip.compress(VCF + CHROM))
    assert path.stat().st_size < 9 * MIB
    done = subprocess.run([sys.executable, "-c", _READ, reader, str(path)], capture_output=True, text=True, check=True)
    code, text, peak = json.loads(done.stdout)
    assert code in ("limit-exceeded", "model-damaged", "line-too-long", "alteration-file")
    assert said in text
    assert name in text
    assert peak < 1 << 30, f"{peak / MIB:.0f} MiB"
