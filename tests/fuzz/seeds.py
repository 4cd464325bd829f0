"""Small valid files of every format that genorx reads, made by code, with a name that no error may repeat."""

import gzip
import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pysam

from genorx._core.provenance import json_digest
from genorx.knowledge import default_pack
from genorx.ranking.model.bundle import write_bundle

from ..screening_options import SCREENING_OPTIONS
from ..vcf_files import HEAD, vcf_text
from .care_formats import care_seeds
from .claims import claim_seeds
from .names import NAME
from .request_formats import request_seeds

_HEAD = [*HEAD[:1], '##INFO=<ID=NOTE,Number=1,Type=String,Description="free text">', *HEAD[1:]]
_GERMLINE = [
    f"chr1 1000 rs1 A C 50 PASS NOTE={NAME} GT:DP 0/1:30 0|0:12 ./.:0",
    "chr1 1100 rs2 AT A,G 50 PASS . GT:DP:FT 1/2:20:PASS 0/1:8:q10 .:.:.",
    "chr7 2000 . G T 9 q10 . GT 0/0 1/1 0/1",
    "chr7 3000 . C <DEL> . . END=3100;SVTYPE=DEL;SVLEN=-100 GT:PS 0|1:3000 1|1:3000 0/0:.",
    "chr12 400 . T TA . PASS . GT 1 0 .",
]
_TUMOUR = [
    f"chr7 140753336 . A T 50 PASS CSQ=T|missense_variant|MODERATE|BRAF|ENSG1|1;NOTE={NAME} GT:DP 0/1:80",
    "chr12 25245350 . C T,G 50 PASS CSQ=T|missense_variant|LOW|KRAS|E2|1,G|stop_gained|HIGH|KRAS|E2|2 GT 0/2",
]
_GVCF = [
    f"chr1 100 . A <NON_REF> . . END=199;NOTE={NAME} GT:DP:MIN_DP 0/0:20:9",
    "chr1 200 rs9 A G,<NON_REF> 40 PASS . GT:DP 0/1:20",
    "chr1 201 . C <NON_REF> . . END=900 GT:DP:MIN_DP 0/0:0:0",
    "chr7 10 . C <NON_REF> . . END=20 GT:DP:MIN_DP ./.:1:0",
]


def bgzip(data: bytes, folder: Path) -> bytes:
    """Text as bgzip has it."""
    path = folder / "packed.gz"
    with pysam.BGZFile(str(path), "wb") as handle:
        handle.write(data)
    return path.read_bytes()


def _bcf(text: str, folder: Path) -> bytes:
    plain, path = folder / "plain.vcf", folder / "made.bcf"
    plain.write_text(text)
    with pysam.VariantFile(str(plain)) as source, pysam.VariantFile(str(path), "wb", header=source.header) as out:
        for record in source:
            out.write(record)
    return path.read_bytes()


def _pgx_vcf() -> str:
    """Every site of two genes of the pack, with a heterozygous call at the first."""
    genes = default_pack().genes
    sites = [site for name in ("CYP2C19", "VKORC1") for site in genes[name].positions]
    sites.sort(key=lambda site: (site.chrom, site.pos))
    head = ["##fileformat=VCFv4.2", '##FORMAT=<ID=GT,Number=1,Type=String,Description="genotype">']
    head += _HEAD[1:2]
    head += ["##contig=<ID=chr10,length=133797422>", "##contig=<ID=chr16,length=90338345>"]
    calls = ["0/1"] + ["0/0"] * (len(sites) - 1)
    rows = [
        f"{site.chrom} {site.pos} . {site.ref} {','.join(site.alts)} . PASS NOTE={NAME} GT {call}"
        for site, call in zip(sites, calls, strict=True)
    ]
    return vcf_text(rows, head=head)


def _clinical(separator: str) -> str:
    note = f'"{NAME}, Erika"'
    rows = [["patient_id", "age_years", "sex", "wbc_1e9_per_l", "stage", "smoking_status", "patient_name"]]
    rows += [
        [f"P{i:03d}", 40 + i, "FM"[i % 2], f"{4 + i / 7:.2f}", "I" * (i % 3 + 1), ("never", "current")[i % 2], note]
        for i in range(12)
    ]
    return "".join(separator.join(map(str, row)) + "\n" for row in rows)


STUDY = """
[study]
name = "fuzz"
patient_id = "patient_id"

[[tables]]
path = "clinical.csv"
role = "clinical"
[tables.columns.wbc_1e9_per_l]
unit = "10^9/L"

[treatment]
table = "outcomes.csv"
design = "baseline"
column = "arm"
randomised = true
reference = "a"

[outcomes.os]
table = "outcomes.csv"
kind = "survival"
time = "os_days"
event = "os_event"
unit = "days"
horizons = [365]
better = "longer"

[ranking]
primary = "os"
horizon = 365
"""
PANEL = """
name = "p"
assembly = "GRCh38"
[genes]
include = ["BRAF", "KRAS"]
[[sites]]
id = "rs1"
chrom = "1"
pos_GRCh38 = 1000
ref = "A"
alt = "C"
"""
SPEC = {
    "id": "id", "treatment": "arm", "time": "t", "event": "e", "covariates": ["age"], "horizon": 3, "randomised": True,
    "reference": "a",
}  # fmt: skip


FOLLOWED_UP = {
    "id": "patient_id", "risk": "risk", "time": "time", "cause": "cause", "horizon": 6, "thresholds": [0.1],
    "by": ["copd"],
}  # fmt: skip


def _people() -> str:
    """People with the inputs of PLCOm2012, a risk and follow-up; 13 of 40 have the cancer."""
    head = "patient_id,name,age,race,education,bmi,copd,personal_cancer,family_lung_cancer,current,cigs"
    rows = [
        f"P{i},{NAME},{55 + i % 20},white,{1 + i % 6},{20 + i % 9}.5,{i % 2},0,0,0,20,{20 + i % 9},{1 + i % 5},"
        f"{0.01 * (1 + i % 30):.2f},{1 + i % 9}.5,{i % 3}"
        for i in range(40)
    ]
    return "\n".join([f"{head},smoking_years,quit_years,risk,time,cause", *rows]) + "\n"


def outcomes_table() -> str:
    """Outcomes and arms of the patients of ``clinical.csv``."""
    rows = ["patient_id,arm,os_days,os_event"]
    rows += [f"P{i:03d},{'ab'[i % 2]},{200 + 90 * i},{int(i % 3 > 0)}" for i in range(12)]
    return "\n".join(rows) + "\n"


def _parquet() -> bytes:
    out = io.BytesIO()
    pd.read_csv(io.StringIO(_clinical(","))).to_parquet(out)
    return out.getvalue()


def _model(folder: Path) -> bytes:
    """A model file in form; what is in it is no ranker."""
    values = {"name": "m", "n_draws": 100, "seed": 0, "specs": [], "text": NAME, "deep": {"a": [1, 2.5, None, True]}}
    arrays = {"a.b": np.arange(12.0).reshape(3, 4), "c": np.array(["x", "yz"]), "d": np.array(3)}
    write_bundle(folder / "made.model", values, arrays)
    return (folder / "made.model").read_bytes()


def pack_value() -> dict:
    """A pack of two genes with the guidance that names them, and its checksum."""
    pack = default_pack()
    value = json.loads(gzip.decompress((_packs() / f"{pack.name}-2025-11-05.json.gz").read_bytes()))
    for part in ("genes", "phenotypes"):
        if isinstance(value.get(part), dict):
            value[part] = {name: value[part][name] for name in ("VKORC1", "CYP2C19") if name in value[part]}
        elif isinstance(value.get(part), list):
            value[part] = [each for each in value[part] if each.get("gene") in ("VKORC1", "CYP2C19")]
    value["guidelines"] = value["guidelines"][:1]
    return sealed(value)


def _packs() -> Path:
    import genorx.knowledge

    return Path(genorx.knowledge.__file__).parent / "packs"


def sealed(value: dict) -> dict:
    """A pack's value with the checksum of its content, as whoever edits one could write it."""
    body = {key: each for key, each in value.items() if key not in ("schema", "sha256")}
    return {"schema": value.get("schema", 1), "sha256": json_digest(body), **body}


def _tab(rows: list[list[object]]) -> bytes:
    return "".join("\t".join(map(str, row)) + "\n" for row in rows).encode()


_MAF = [
    ["Hugo_Symbol", "NCBI_Build", "Chromosome", "Start_Position", "Variant_Classification", "Reference_Allele",
     "Tumor_Seq_Allele2", "Tumor_Sample_Barcode", "HGVSp_Short",
     "t_alt_count", "t_ref_count", "t_depth", "FILTER", "note"],
    ["BRAF", "GRCh37", "7", "140453136", "Missense_Mutation", "A", "T", "T1", "p.V600E", 12, 20, 32, "PASS", NAME],
    ["PTEN", "GRCh37", "10", "89692905", "Nonsense_Mutation", "C", "T", "T1", "p.R130*", "", "", "", "PASS", NAME],
    ["TERT", "GRCh37", "5", "1295228", "5'Flank", "G", "A", "T1", "", 5, 30, 35, "PASS", NAME],
]  # fmt: skip


def all_seeds(folder: Path) -> dict[str, bytes]:
    """One valid file of each format, by the name of its format."""
    germline = vcf_text(_GERMLINE, ["S1", "S2", "S3"], _HEAD)
    pgx = _pgx_vcf()
    clinical = _clinical(",")
    return {
        "vcf": germline.encode(),
        "vcf.tumour": vcf_text(_TUMOUR, ["T1"], _HEAD).encode(),
        "vcf.bgzip": bgzip(germline.encode(), folder),
        "vcf.gzip": gzip.compress(germline.encode(), mtime=0),
        "bcf": _bcf(germline, folder),
        "gvcf": vcf_text(_GVCF, head=_HEAD).encode(),
        "pgx.vcf": pgx.encode(),
        "pgx.vcf.bgzip": bgzip(pgx.encode(), folder),
        "table.csv": clinical.encode(),
        "table.semicolon": _clinical(";").encode(),
        "table.csv.gz": gzip.compress(clinical.encode(), mtime=0),
        "table.parquet": _parquet(),
        "study": STUDY.encode(),
        "study.table": clinical.encode(),
        "panel": PANEL.encode(),
        "gene-table": f"chr7\t140719326\t140924929\tBRAF\nchr12\t25205245\t25250929\tKRAS\t{NAME}\n".encode(),
        "spec": json.dumps(SPEC).encode(),
        "screening.options": SCREENING_OPTIONS.encode(),
        "screening.spec": json.dumps(FOLLOWED_UP).encode(),
        "screening.people": _people().encode(),
        "model": _model(folder),
        "pack": json.dumps(pack_value()).encode(),
        "pack.gz": gzip.compress(json.dumps(pack_value()).encode(), mtime=0),
        "maf": _tab(_MAF),
        "copy-number": _tab(
            [["Hugo_Symbol", "copy_number_call", "name"], ["ERBB2", "amplification", NAME], ["PTEN", "-2", NAME]]
        ),
        "segments": _tab([["chrom", "start", "end", "total_cn", "name"], ["7", 55019017, 55211628, 9, NAME]]),
        "fusions": _tab([["LeftGene", "RightGene", "JunctionReadCount", "name"], ["EML4", "ALK", 12, NAME]]),
        "signatures": _tab([["signature", "contribution"], ["SBS4", 0.6], ["SBS6", 0.4]]),
        "list": b"BRAF V600E\nEML4::ALK\nERBB2 amplification\nPTEN loss\n",
        "alterations.json": json.dumps([{"type": "protein", "gene": "BRAF", "change": "V600E"}, "EML4::ALK"]).encode(),
        "outside": b"CYP2D6\t*1/*4\nHLA-B\t\t*57:01 positive\nCYP2C9\t\tIntermediate Metabolizer\t\n",
        "chip": f"# {NAME}\nrsid,genotype\nrs9923231,CT\nrs4244285,GA\nrs12248560,CC\n".encode(),
        "frequencies": b"gene,allele,frequency\nCYP2C19,*1,0.6\nCYP2C19,*2,0.2\nCYP2C19,*17,0.2\n",
        **claim_seeds(NAME),
        **care_seeds(),
        **request_seeds(),
    }
