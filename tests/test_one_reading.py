"""The same odd records through all four readers: what a call is must not hang on who reads it.

Expected values are the table of ``docs/guide/variants.md``, which follows the VCF 4.5 specification (1.6.1, 1.6.2) and
the rule that what is not known is neither reference nor change.  CYP2C19 rs4244285 is chr10:94781859 G>A (*2).
"""

import numpy as np
import pandas as pd
import pytest

import genorx as gx
from genorx.errors import GenorxError, InputError, VariantFileError
from genorx.knowledge import default_pack
from genorx.oncology import read_alterations
from genorx.pgx.reading.reading import read_sites
from tests.oncology.reading.vcf_text import VEP, csq

HEAD = [
    "##fileformat=VCFv4.4",
    "##contig=<ID=chr1,length=248956422>",
    "##contig=<ID=chr10,length=133797422>",
    VEP,
]
CHANGE = csq({
    "allele": "A", "terms": "missense_variant", "symbol": "CYP2C19", "feature": "ENST00000371321",
    "cdna": "c.681G>A", "protein": "ENSP00000360372.3:p.Pro227Leu", "canonical": "YES",
})  # fmt: skip
PANEL = """
[genes]
include = ["CYP2C19"]
[[sites]]
id = "rs4244285"
chrom = "10"
pos_GRCh38 = 94781859
ref = "G"
alt = "A"
"""


@pytest.fixture
def write(tmp_path):
    """Write records (spaces for tabs, ``CSQ`` for the annotation) of one sample."""

    def run(*records, head=HEAD, tail="\n"):
        columns = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", "TUMOR"]
        lines = [*head, "\t".join(columns), *("\t".join(r.split(" ")).replace("CSQ", CHANGE) for r in records)]
        path = tmp_path / "odd.vcf"
        path.write_text("\n".join(lines) + tail, encoding="utf-8")
        return path

    return run


def by_genotypes(path):
    """Dosage of the record; None for a no-call."""
    (dosage,) = gx.read_genotypes(path).dosage[:, 0].tolist()
    return None if dosage < 0 else dosage


def by_features(path):
    """Cell of the gene, dosage of the site; None where missing."""
    panel = path.with_name("panel.toml")
    panel.write_text(PANEL, encoding="utf-8")
    row = gx.variant_features(path, panel).iloc[0]
    return tuple(None if pd.isna(row[name]) else int(row[name]) for name in ("CYP2C19", "rs4244285"))


def by_pgx(path):
    """Whether the site is a call, and whether the gene may be called with it."""
    (found,) = gx.pgx.call(path)
    gene = found.to_dict()["genes"]["CYP2C19"]
    return gene["called"]


def by_oncology(path):
    """Used, marked as not accepted, or None where the tumour does not carry the change."""
    found = read_alterations(path)
    return None if not len(found) else "used" if found[0].accepted else "marked"


CALLS = {
    # written as: dosage, (gene, site), pharmacogene called, tumour
    "PASS CSQ GT 0/1": (1, (1, 1), True, "used"),
    "PASS CSQ GT 0/0": (0, (0, 0), True, None),
    "PASS CSQ GT ./.": (None, (None, None), False, None),
    ". CSQ GT 0/1": (1, (1, 1), True, "used"),
    "PASS; CSQ GT 0/1": (1, (1, 1), True, "used"),
    "LowQual CSQ GT 0/1": (None, (None, None), False, "marked"),
    "LowQual CSQ GT 0/0": (None, (None, None), False, None),
    "PASS;LowQual CSQ GT 0/1": (None, (None, None), False, "marked"),
    "PASS CSQ GT:FT 0/1:PASS": (1, (1, 1), True, "used"),
    "PASS CSQ GT:FT 0/1:.": (1, (1, 1), True, "used"),
    "PASS CSQ GT:FT 0/1:q10": (None, (None, None), False, "marked"),
    "PASS CSQ GT:FT 0/0:q10": (None, (None, None), False, None),
    "PASS CSQ FT:GT q10:0/1": (None, (None, None), False, "marked"),
    "PASS CSQ GT:DP 0/0:0": (None, (None, None), False, None),
    "PASS CSQ GT:DP 0/1:0": (None, (None, None), False, None),
    "PASS CSQ GT:DP 0/0:00": (None, (None, None), False, None),
    "PASS CSQ GT:DP 0/1:.": (1, (1, 1), True, "used"),
    "PASS CSQ GT:DP 0/0:1": (0, (0, 0), True, None),
    "PASS CSQ GT:MIN_DP 0/0:0": (None, (None, None), False, None),
    "PASS CSQ GT ./1": (None, (1, None), False, "used"),  # the change is known, the other strand is not
    "PASS CSQ GT 0/.": (None, (None, None), False, None),
    "PASS CSQ GT 0/0/1": (None, (1, None), False, "used"),
    "PASS CSQ GT 0/0/0": (None, (None, None), False, None),
    "PASS CSQ GT |0|1": (1, (1, 1), True, "used"),
    "PASS CSQ GT 1|0": (1, (1, 1), True, "used"),
    "PASS CSQ DP:GT 9:0/1": (1, (1, 1), True, "used"),
    "PASS CSQ GT 1": (1, (1, None), False, "used"),  # of an autosome: the other allele is not known
}


@pytest.mark.parametrize("written", CALLS)
def test_a_call_means_the_same_to_every_reader(write, written):
    path = write(f"chr10 94781859 . G A . {written}")
    assert (by_genotypes(path), by_features(path), by_pgx(path), by_oncology(path)) == CALLS[written]


ALLELES = {
    "chr10 94781859 . G A,* . PASS CSQ GT 0/2": (1, (0, 0), False, None),  # a deletion that another record describes
    "chr10 94781859 . G A,<NON_REF> . PASS CSQ GT 0/1": (1, (1, 1), True, "used"),
    "chr10 94781859 . G A,<NON_REF> . PASS CSQ GT 0/2": (
        1,
        (None, 0),
        False,
        None,
    ),  # some change, not which; but not A
    "chr10 94781859 . G <NON_REF> . . END=94781900 GT:DP 0/0:30": (0, (None, 0), True, None),
    "chr10 94781859 . G <NON_REF> . . END=94781900 GT:MIN_DP 0/0:0": (None, (None, None), False, None),
    "chr10 94781859 . G . . PASS . GT 0/0": (0, (None, 0), True, None),
    # the reference alone needs GQ 20, or depth 10 where there is no GQ; a dosage is what is written
    "chr10 94781859 . G <NON_REF> . . END=94781900 GT:GQ 0/0:19": (0, (None, None), False, None),
    "chr10 94781859 . G <NON_REF> . . END=94781900 GT:GQ 0/0:20": (0, (None, 0), True, None),
    "chr10 94781800 . G <X> . . END=94781900 GT:GQ 0/0:5": (0, (None, None), False, None),
    "chr10 94781859 . G <*> . . . GT:MIN_DP 0/0:9": (0, (None, None), False, None),
    "chr10 94781859 . G . . PASS . GT:RGQ 0/0:5": (0, (None, None), False, None),
    "chr10 94781859 . G . . PASS . GT:GQ:RGQ 0/0:.:30": (0, (None, 0), True, None),
    "chr10 94781859 . G . . PASS . GT:DP 0/0:9": (0, (None, None), False, None),
    "chr10 94781859 . G . . PASS . GT:DP 0/0:10": (0, (None, 0), True, None),
    "chr10 94781859 . G . . PASS . GT:GQ:DP 0/0:30:.": (0, (None, 0), True, None),
    "chr10 94781859 . G A . PASS CSQ GT:GQ 0/0:5": (0, (0, 0), True, None),  # an ALT was looked for
    "chr10 94781859 . G A/T . PASS CSQ GT 0/1": (None, (None, None), False, None),  # VarScan
}


@pytest.mark.parametrize("record", ALLELES)
def test_alleles_mean_the_same_to_every_reader(write, record):
    path = write(record)
    assert (by_genotypes(path), by_features(path), by_pgx(path), by_oncology(path)) == ALLELES[record]


READERS = (by_genotypes, by_features, by_pgx, by_oncology)
GOOD = "chr10 94781859 . G A . PASS CSQ GT 0/1"
REFUSED = {
    "chr10 94781859 . G A . PASS CSQ GT:GT 0/1:0/0": "format-keys",
    "chr10 94781859 . G A . PASS CSQ GT:DP:DP 0/1:0:9": "format-keys",
    "chr10 94781859 . G A . PASS CSQ GT: 0/1": "format-keys",
    "chr10 94781859 . G A . PASS CSQ ,GT 0/1": "format-keys",
    "chr1 100 . G A . PASS . GT:GT 0/1:0/0": "format-keys",  # also far from anything that is asked for
    "chr1 100 . G A . PASS .": "columns-few",
    "chr1 ² . G A . PASS . GT 0/1": "position",
    "chr1 248956424 . G A . PASS . GT 0/1": "position-beyond-contig",
    "chr1 100 . G <DEL> . PASS END=² GT 0/1": "end-position",
    "chr1 100 . G <NON_REF> . PASS END=99999999999999999999 GT 0/0": "end-position",
    "chr1 100 . G <NON_REF> . PASS END=248956424 GT 0/0": "end-position",
    "chr1 100 . G A,, . PASS . GT 0/1": "alt-allele",
    "chr1 100 . G? A . PASS . GT 0/1": "ref-allele",
}


@pytest.mark.parametrize("record", REFUSED)
@pytest.mark.parametrize("reader", READERS)
def test_what_one_reader_refuses_every_reader_refuses(write, reader, record):
    ahead = record.startswith("chr1 ")
    path = write(record, GOOD) if ahead else write(record)
    with pytest.raises(VariantFileError) as error:
        reader(path)
    assert error.value.code == REFUSED[record]


@pytest.mark.parametrize(
    ("gt", "code"),
    [
        ("0/2", "genotype-without-alt"),
        ("0/32768", "genotype"),  # beyond what an array of alleles holds
        ("0/" + "9" * 5000, "genotype"),
        ("0/²", "genotype"),
        ("0/1:9", "genotype"),
    ],
)
@pytest.mark.parametrize("reader", [*READERS, lambda path: gx.variant_features(path, "sites")])
def test_a_genotype_that_names_no_allele_is_refused_where_it_is_read(write, reader, gt, code):
    with pytest.raises(VariantFileError) as error:
        reader(write(f"chr10 94781859 . G A . PASS CSQ GT {gt}"))
    assert error.value.code == code


def test_a_format_key_with_a_space_is_refused_by_every_reader(write):
    path = write(GOOD)
    path.write_text(path.read_text().replace("\tGT\t", "\tGT \t"))
    for reader in READERS:
        with pytest.raises(VariantFileError) as error:
            reader(path)
        assert error.value.code == "format-keys"


def findings_of(path):
    """Codes of findings by reader."""
    panel = path.with_name("panel.toml")
    panel.write_text(PANEL, encoding="utf-8")
    found = {
        "genotypes": gx.read_genotypes(path).findings,
        "features": gx.variant_features(path, panel).attrs["findings"],
        "pgx": gx.pgx.call(path)[0].findings,
        "oncology": read_alterations(path).findings,
    }
    return {name: {getattr(each, "code", None) or each["code"] for each in listed} for name, listed in found.items()}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda text: text[:-1], "last-line-open"),
        (lambda text: text + "\n", "line-empty"),
        (lambda text: text.replace("0/1\n", "0/1\t\n"), "trailing-tab"),
        (lambda text: text.replace("\tPASS\t", "\tPASS;\t"), "filter-spelling"),
        (lambda text: text.replace("##contig=<ID=chr1,", "##contig=<ID=chr1>\n##contig=<ID=chr1,"), "contig-twice"),
        (lambda text: text.replace("G\tA\t", "G\tA/T\t"), "alt-unreadable"),
    ],
)
def test_what_is_odd_and_clear_is_kept_and_named_by_every_reader(write, change, code):
    path = write(GOOD)
    path.write_text(change(path.read_text()))
    assert {name for name, codes in findings_of(path).items() if code in codes} == {
        "genotypes", "features", "pgx", "oncology",
    }  # fmt: skip


def test_a_site_whose_records_differ_is_named_by_every_reader(write):
    """Dosages and panels make a no-call of it, star alleles take the first, as PharmCAT does."""
    first = gx.pgx.call(write(GOOD))[0].genes["CYP2C19"].call.diplotypes
    path = write(GOOD, GOOD.replace("0/1", "0/0"))
    assert {name for name, codes in findings_of(path).items() if "site-contradiction" in codes} == {
        "genotypes", "features", "pgx", "oncology",
    }  # fmt: skip
    (finding,) = [f for f in gx.pgx.call_cohort(path).attrs["findings"] if f["code"] == "site-contradiction"]
    assert (finding["severity"], "1, at chr10:94781859" in finding["message"]) == ("serious", True)
    assert (by_genotypes(path), by_features(path)) == (None, (None, None))
    assert gx.pgx.call(path)[0].genes["CYP2C19"].call.diplotypes == first


@pytest.mark.parametrize("reader", READERS)
def test_bytes_of_zero_are_refused_by_every_reader(write, reader):
    """htslib ends a line there; the door of oncology, which takes many kinds of files, has a code of its own."""
    path = write(GOOD)
    path.write_bytes(path.read_bytes().replace(b"PASS", b"PA\0SS"))
    with pytest.raises(InputError) as error:
        reader(path)
    assert error.value.code in {"text-nul", "alteration-file"}


def test_an_empty_line_between_records_is_refused_by_every_reader(write):
    path = write(GOOD, "", GOOD.replace("94781859", "94781999"))
    for reader in READERS:
        with pytest.raises(VariantFileError) as error:
            reader(path)
        assert error.value.code == "line-empty"


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_file_that_is_cut_in_a_record_is_refused_or_named_by_every_reader(write, cut):
    """A record far from any site too: with absent sites as reference a cut file would make a *1/*1 of a *2/*2."""
    path = write("chr1 100 . G A . PASS . GT 0/1", "chr1 5000 . G A . PASS AC=1;AF=0.5;AN=2 GT:DP 0/1:33")
    path.write_text(path.read_text()[:-cut])
    for reader in (gx.read_genotypes, lambda p: gx.pgx.call(p, absent="reference")[0], read_alterations):
        try:
            found = reader(path).findings
        except VariantFileError:
            continue
        assert cut == 1 or "last-line-open" in {finding.code for finding in found}


BODY = [
    "chr1 100 . A G 30 PASS DP=9 GT:DP:GQ 0/1:9:40",
    "chr1 200 rs1 AT A,<NON_REF> . . DP=9 GT:AD:DP 0/1:3,4,0:7",
    "chr1 300 . C <NON_REF> . . END=400 GT:MIN_DP:GQ 0/0:12:30",
    "chr10 94781859 . G A 50 PASS CSQ GT:DP:FT:PS 0|1:12:PASS:94781859",
    "chr10 94781999 . T A . q10 . GT:DP 1/1:3",
    "chr10 94852738 . C T . PASS DP=2 GT:AD 0/0:9,0",
    "chr10 94852765 . CA C . PASS . GT ./.",
]
JUNK = [
    "\t",
    "\n",
    "\r",
    ":",
    "/",
    "|",
    ".",
    ",",
    "0",
    "1",
    "9",
    ";",
    "=",
    " ",
    "\0",
    "²",
    "*",
    "<",
    "9" * 20,
    "00",
    "GT",
    "END=",
]
#: Faults that lie in what one reader does not use: genotypes elsewhere, the order of records that it compares by site.
MAY_DIFFER = {"genotype", "genotype-without-alt", "site-twice", "annotation-format"}


def mutated(rng, text, start):
    """Text with a byte or a stretch replaced, put in, taken away or cut off, mostly behind the header."""
    at = int(rng.integers(start if rng.random() < 0.9 else 0, len(text)))
    junk, size = JUNK[rng.integers(len(JUNK))], int(rng.integers(1, 9))
    kind = rng.integers(4)
    if kind == 0:
        return text[:at]
    other = int(rng.integers(start, len(text)))
    put = ("", junk, text[other : other + 30])[kind - 1]
    return text[:at] + put + text[at + (size if kind == 1 else int(rng.integers(2))) :]


def outcome(reader, path):
    """``ok``, or the code of the error; any other exception is a fault."""
    try:
        reader(path)
    except GenorxError as error:
        return error.code
    return "ok"


@pytest.mark.slow
def test_readers_agree_on_mutated_files_and_end_in_no_other_error(write):
    """Ten seconds of a search that was run for minutes; a file that one refuses for all to see no other takes."""
    path = write(*BODY)
    text, rng = path.read_text(encoding="utf-8"), np.random.default_rng(12)
    genes = {"CYP2C19": default_pack().genes["CYP2C19"]}
    readers = (gx.read_genotypes, by_features, lambda p: read_sites(p, genes), read_alterations)
    for _ in range(250):
        path.write_text(mutated(rng, text, text.index("#CHROM")), encoding="utf-8", newline="")
        found = [outcome(reader, path) for reader in readers]
        if "ok" in found and path.read_text(encoding="utf-8").startswith("##fileformat"):  # else a list, to the last
            assert set(found) - {"ok"} <= MAY_DIFFER, (found, path.read_bytes())
