"""What reads a file of each format: the library's entrances, and the commands that come to them."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pysam

import genorx as gx
from genorx import oncology, pgx
from genorx.cohort.tables.raw import read_raw
from genorx.effects.plain_tables import TablesSpec
from genorx.features.regions import GeneRegions
from genorx.knowledge import GeneDefinition, default_pack, load_pack
from genorx.pgx.probability.frequencies import take_frequencies
from genorx.pgx.reading.chip import read_chip
from genorx.pgx.reading.outside_table import read_outside_calls
from genorx.pgx.reading.reading import read_sites
from genorx.published import ScreeningOptions, ScreeningSpec, evaluate_table, screening_risks
from genorx.published.inputs.table_file import read_patients
from genorx.ranking.model.bundle import read_bundle

from .care_formats import CARE_COMMANDS, CARE_READERS, CARE_SUFFIXES
from .claims import CLAIM_COMMANDS, CLAIM_READERS, CLAIM_SUFFIXES
from .request_formats import REQUEST_COMMANDS, REQUEST_READERS, REQUEST_SUFFIXES
from .seeds import FOLLOWED_UP, outcomes_table, sealed

Reader = Callable[[Path], object]


class Differs(AssertionError):
    """A file was taken, and read otherwise than by htslib, and nothing says so."""


def genotypes(path: Path) -> None:
    """Read dosages; they are those of htslib, or missing and named by a finding."""
    found = gx.read_genotypes(path)
    level = pysam.set_verbosity(0)
    try:
        with pysam.VariantFile(str(path)) as source:
            expected = [[_dosage(call) for call in record.samples.values()] for record in source]
    except (OSError, ValueError, IndexError, KeyError, OverflowError, NotImplementedError):
        return  # htslib refuses what we take: nothing to compare with
    finally:
        pysam.set_verbosity(level)
    stated = {finding.code for finding in found.findings}
    if len(expected) != len(found.dosage):
        if not stated:
            raise Differs(f"{len(found.dosage)} variants, htslib reads {len(expected)}")
        return
    for ours, theirs in zip(found.dosage.tolist(), expected, strict=True):
        for mine, other in zip(ours, theirs, strict=True):
            if mine != other and not (mine == -1 and stated & NO_CALLS):
                raise Differs(f"dosage {mine}, htslib reads {other}; findings {sorted(stated)}")


#: Findings that say that a genotype which is written is a no-call.
NO_CALLS = {"no-calls", "site-contradiction", "alt-unreadable"}


def _dosage(call: pysam.VariantRecordSample) -> int:
    """Return the dosage as htslib reads it."""
    alleles = call.get("GT") or (None,)
    return -1 if None in alleles else sum(allele > 0 for allele in alleles)


def _features(panel: str) -> Reader:
    return lambda path: gx.variant_features(path, panel)


def _alterations(path: Path) -> None:
    found = oncology.read_alterations(path)
    oncology.match(found, "MEL")


def _study(path: Path) -> None:
    study = gx.Study.read(_beside(path, "study.toml", "study"))
    study.load()


def _study_table(path: Path) -> None:
    from .seeds import STUDY

    home = path.parent
    (home / "clinical.csv").write_bytes(path.read_bytes())
    (home / "outcomes.csv").write_text(outcomes_table())
    (home / "study.toml").write_text(STUDY)
    gx.Study.read(home / "study.toml").load()


def _beside(path: Path, name: str, kind: str) -> Path:
    from .seeds import _clinical

    home = path.parent
    (home / "clinical.csv").write_text(_clinical(","))
    (home / "outcomes.csv").write_text(outcomes_table())
    target = home / name
    target.write_bytes(path.read_bytes())
    return target


def _sealed_pack(path: Path) -> None:
    """A pack whose author wrote a fitting checksum: damage reaches the parts of the pack."""
    try:
        value = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, dict):
        path.write_text(json.dumps(sealed(value)))
    load_pack(path)


def _region(path: Path) -> None:
    gx.read_genotypes(path, region="chr1:1000-1200")


@cache
def _called() -> dict[str, GeneDefinition]:
    return default_pack().genes


def _sites(path: Path) -> None:
    """What a variant file says of every site of a pharmacogene: all of ``pgx.call`` that depends on the file."""
    read_sites(path, _called())


def _panel(path: Path) -> None:
    gx.Panel.read(path)


def _screened(path: Path) -> None:
    frame, source = read_patients(path)
    screening_risks(gx.published.load("plcom2012@2013"), frame, source=source).to_frame()


def _followed_up(path: Path) -> None:
    evaluate_table(path, ScreeningSpec.of_values(FOLLOWED_UP), n_boot=2).to_dict()


READERS: dict[str, tuple[Reader, ...]] = {
    "vcf": (genotypes, genotypes, _region, _features("sites"), _features("burden"), _sites),
    "vcf.tumour": (genotypes, _features("genes"), _alterations),
    "vcf.bgzip": (genotypes, _features("sites")),
    "vcf.gzip": (genotypes, _features("genes")),
    "bcf": (genotypes, _features("sites")),
    "gvcf": (genotypes, _features("sites"), _sites),
    "pgx.vcf": (*[_sites] * 12, pgx.call),
    "pgx.vcf.bgzip": (_sites,),
    "table.csv": (lambda path: gx.read_table(path, "clinical"), read_raw),
    "table.semicolon": (lambda path: gx.read_table(path, "laboratory"),),
    "table.csv.gz": (lambda path: gx.read_table(path, "clinical"),),
    "table.parquet": (lambda path: gx.read_table(path, "clinical"),),
    "study": (_study,),
    "study.table": (_study_table,),
    "panel": (_panel,),
    "gene-table": (GeneRegions.read,),
    "spec": (TablesSpec.read,),
    "screening.options": (ScreeningOptions.read,),
    "screening.spec": (ScreeningSpec.read,),
    "screening.people": (_screened, _followed_up),
    "model": (read_bundle, gx.load_model),
    "pack": (load_pack, _sealed_pack, _sealed_pack),
    "pack.gz": (load_pack,),
    **dict.fromkeys(("maf", "copy-number", "fusions", "signatures", "list", "alterations.json"), (_alterations,)),
    "segments": (lambda path: oncology.read_alterations(path, genes=_genes(path)),),
    "outside": (lambda path: read_outside_calls(path, default_pack()),),
    "chip": (lambda path: read_chip(path, _called()),),
    "frequencies": (lambda path: take_frequencies(path, _called()),),
    **CLAIM_READERS,
    **CARE_READERS,
    **REQUEST_READERS,
}
#: How a file is named: some readers go by the suffix.
SUFFIXES = {
    "vcf.bgzip": "vcf.gz", "vcf.gzip": "vcf.gz", "pgx.vcf.bgzip": "vcf.gz", "vcf.tumour": "vcf", "study": "toml",
    "study.table": "csv", "table.csv": "csv", "table.semicolon": "csv", "table.csv.gz": "csv.gz", "panel": "toml",
    "screening.options": "toml", "screening.spec": "json", "screening.people": "csv",
    "spec": "json", "pack": "json", "pack.gz": "json.gz", "alterations.json": "json", "chip": "csv",
    "frequencies": "csv", "outside": "tsv", "segments": "seg", "fusions": "tsv", "copy-number": "txt",
    "table.parquet": "parquet", **CLAIM_SUFFIXES, **CARE_SUFFIXES, **REQUEST_SUFFIXES,
}  # fmt: skip


def _genes(path: Path) -> Path:
    table = path.parent / "genes.bed"
    table.write_text("chr7\t55019016\t55211628\tEGFR\n")
    return table


#: Command lines that read a format; FILE and OUT stand for the paths.
COMMANDS: dict[str, tuple[str, ...]] = {
    "vcf": ("features", "FILE", "--panel", "sites", "--out", "OUT"),
    "gvcf": ("features", "FILE", "--panel", "sites", "--out", "OUT"),
    "bcf": ("features", "FILE", "--panel", "sites", "--out", "OUT"),
    "vcf.tumour": ("evidence", "--variants", "FILE", "--disease", "MEL", "--out", "OUT"),
    "pgx.vcf": ("pgx", "FILE", "--out", "OUT"),
    "maf": ("evidence", "--variants", "FILE", "--disease", "MEL", "--out", "OUT"),
    "copy-number": ("evidence", "--variants", "FILE", "--disease", "MEL", "--out", "OUT"),
    "fusions": ("evidence", "--variants", "FILE", "--disease", "MEL", "--out", "OUT"),
    "list": ("evidence", "--variants", "FILE", "--disease", "MEL", "--out", "OUT"),
    "alterations.json": ("evidence", "--variants", "FILE", "--disease", "MEL", "--out", "OUT"),
    "model": ("predict", "FILE", "absent.toml", "--out", "OUT"),
    "pack": ("knowledge", "diff", "pharmcat", "FILE", "--out", "OUT"),
    "study": ("study", "check", "FILE", "--strict", "--out", "OUT"),
    "chip": ("pgx", "FILE", "--out", "OUT"),
    "table.csv": ("rank", "--published", "albi@2015", "--table", "FILE", "--out", "OUT"),
    "screening.people": ("screen", "FILE", "--model", "plcom2012@2013", "--out", "OUT"),
    "spec": ("effects", "--train", "FILE", "--test", "FILE", "--spec", "FILE", "--out", "OUT"),
    **CLAIM_COMMANDS,
    **CARE_COMMANDS,
    **REQUEST_COMMANDS,
}
