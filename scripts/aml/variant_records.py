"""One record of one patient in the VCF, with its consequence."""

from __future__ import annotations

import collections
import re

from aml.reference_bases import CONTIG_ORDER

# Symbols that changed since the table was made (the chromosome settles MLL2).
CURRENT_SYMBOL = {"SFRS2": "SRSF2", "MLL": "KMT2A", "MLL2": "KMT2D", "MLL3": "KMT2C", "MLL5": "KMT2E"}

# The accession column of CEBPA counts up row by row (a spreadsheet fill
# artefact); every row means this transcript.
CEBPA_TRANSCRIPT = "ENST00000498907"

CSQ_FIELDS = (
    "Allele",
    "Consequence",
    "IMPACT",
    "SYMBOL",
    "Feature_type",
    "Feature",
    "BIOTYPE",
    "HGVSc",
    "HGVSp",
    "Protein_position",
    "Amino_acids",
    "VARIANT_CLASS",
)
TERMS = {
    "misssense": "missense_variant",  # so spelt in the table
    "missense": "missense_variant",
    "nonsense": "stop_gained",
    "insertion": "inframe_insertion",
    "deletion": "inframe_deletion",
    "PTD": "feature_elongation",
}
IMPACT = {
    "missense_variant": "MODERATE",
    "stop_gained": "HIGH",
    "frameshift_variant": "HIGH",
    "inframe_insertion": "MODERATE",
    "inframe_deletion": "MODERATE",
    "splice_donor_variant": "HIGH",
    "splice_acceptor_variant": "HIGH",
    "splice_region_variant": "LOW",
    "coding_sequence_variant": "MODIFIER",
    "feature_elongation": "MODIFIER",
}


class Record:
    """One VCF record of one patient."""

    __slots__ = (
        "ad_alt",
        "ad_ref",
        "af",
        "alt",
        "chrom",
        "csq",
        "dp",
        "filter",
        "gene",
        "info",
        "pdid",
        "pos",
        "ref",
    )

    def __init__(self, row, place, ref, alt):
        self.pdid, self.gene = row.SAMPLE_NAME, row.GENE
        (self.chrom, self.pos), self.ref, self.alt = place, ref, alt
        self.filter = "PASS"
        self.info = collections.OrderedDict()
        self.csq = ""
        self.ad_ref = self.ad_alt = self.dp = self.af = None

    def key(self):
        """Identity of the allele, independent of the patient."""
        extra = tuple((k, self.info[k]) for k in ("END", "SVLEN", "SVINSSEQ") if k in self.info)
        return (self.chrom, self.pos, self.ref, self.alt, extra)

    def sort_key(self):
        """Coordinate order, then a total order so that output is deterministic."""
        return (CONTIG_ORDER[self.chrom], self.pos, self.ref, self.alt, repr(self.key()), self.pdid)

    def set_depth(self, depth, percent):
        """Depths from total depth and percentage of mutant reads."""
        if depth is None or percent is None:
            return
        self.dp = int(depth)
        self.af = percent / 100.0
        self.ad_alt = round(self.dp * self.af)
        self.ad_ref = self.dp - self.ad_alt

    def sample(self):
        """The genotype column, with the filter of the call and the calls that were merged."""
        if self.dp is None:
            fields = ["0/1", ".", ".", "."]
        else:
            fields = ["0/1", f"{self.ad_ref},{self.ad_alt}", f"{self.af:.4g}", str(self.dp)]
        return ":".join([*fields, self.filter, str(self.info.get("NCALLS", 1))])


def info_escape(text):
    """Percent-encode what VCFv4.3 reserves in INFO values."""
    for char, code in (("%", "%25"), (";", "%3B"), ("=", "%3D"), (",", "%2C"), (" ", "%20"), ("|", "%7C")):
        text = text.replace(char, code)
    return text


def consequence_of(row, length):
    """Sequence Ontology term for a row of the mutation table."""
    source = row.CONSEQUENCE
    if source in TERMS:
        return TERMS[source]
    if source.endswith("frameshift"):
        return "frameshift_variant"
    if source == "ITD":
        return "inframe_insertion" if length is None or length % 3 == 0 else "coding_sequence_variant"
    if source in ("essential_splice", "splice"):
        return _splice_term(row.CDNA_CHANGE)
    return "frameshift_variant" if length is not None and length % 3 else "coding_sequence_variant"


def _splice_term(change):
    offset = re.search(r"\d([+-])(\d+)", change)
    if offset and int(offset.group(2)) <= 2:
        return "splice_donor_variant" if offset.group(1) == "+" else "splice_acceptor_variant"
    return "splice_region_variant"


def csq_string(row, allele, term, variant_class):
    """One CSQ entry in the field order of ``CSQ_FIELDS``."""
    feature = CEBPA_TRANSCRIPT if row.GENE == "CEBPA" else row.ACCESSION
    cdna = row.CDNA_CHANGE if row.CDNA_CHANGE.startswith("c.") else ""
    protein = row.AA_CHANGE if row.AA_CHANGE.upper() not in ("NA", "ITD", "") else ""
    if protein and not protein.startswith("p."):
        protein = "p." + protein
    position = re.search(r"p\.[A-Z*](\d+)", protein)
    change = re.fullmatch(r"p\.([A-Z])\d+([A-Z*])", protein)
    values = {
        "Allele": allele,
        "Consequence": term,
        "IMPACT": IMPACT[term],
        "SYMBOL": CURRENT_SYMBOL.get(row.GENE, row.GENE),
        "Feature_type": "Transcript",
        "Feature": feature,
        "BIOTYPE": "protein_coding",
        "HGVSc": feature + ":" + cdna if cdna else "",
        "HGVSp": feature + ":" + protein if protein else "",
        "Protein_position": position.group(1) if position else "",
        "Amino_acids": "/".join(change.groups()) if change else "",
        "VARIANT_CLASS": variant_class,
    }
    return "|".join(info_escape(values[f]) for f in CSQ_FIELDS)
