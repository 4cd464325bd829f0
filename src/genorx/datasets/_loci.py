"""Real loci for simulated patients: recurrent cancer mutations and pharmacogene sites on GRCh38.

Positions, alleles and protein changes are from the literature; the shares of carriers are round numbers for a simulated
cohort and describe no population.  Tumour loci: COSMIC and ClinVar names of the hotspots (Chang MT et al. 2016, Nat
Biotechnol 34:155).  Pharmacogene sites: PharmVar and CPIC, by rs number, on the plus strand.
"""

from __future__ import annotations

from dataclasses import dataclass

#: Lengths of the primary chromosomes of GRCh38 (GRC, GCA_000001405.15).
CONTIGS = {
    "chr1": 248956422,
    "chr2": 242193529,
    "chr3": 198295559,
    "chr4": 190214555,
    "chr5": 181538259,
    "chr6": 170805979,
    "chr7": 159345973,
    "chr8": 145138636,
    "chr9": 138394717,
    "chr10": 133797422,
    "chr11": 135086622,
    "chr12": 133275309,
    "chr13": 114364328,
    "chr14": 107043718,
    "chr15": 101991189,
    "chr16": 90338345,
    "chr17": 83257441,
    "chr18": 80373285,
    "chr19": 58617616,
    "chr20": 64444167,
    "chr21": 46709983,
    "chr22": 50818468,
    "chrX": 156040895,
    "chrY": 57227415,
}


@dataclass(frozen=True, slots=True)
class Locus:
    """One allele at one position, with its gene and its protein consequence."""

    gene: str
    chrom: str
    pos: int
    ref: str
    alt: str
    change: str  # protein change, or rs number of a pharmacogene site
    consequence: str = "missense_variant"


TUMOUR_LOCI: tuple[Locus, ...] = (
    Locus("NRAS", "chr1", 114713908, "T", "C", "Q61R"),
    Locus("NRAS", "chr1", 114713909, "G", "T", "Q61K"),
    Locus("IDH1", "chr2", 208248388, "C", "T", "R132H"),
    Locus("IDH1", "chr2", 208248389, "G", "A", "R132C"),
    Locus("CTNNB1", "chr3", 41224646, "C", "T", "S45F"),
    Locus("PIK3CA", "chr3", 179218294, "G", "A", "E542K"),
    Locus("PIK3CA", "chr3", 179218303, "G", "A", "E545K"),
    Locus("PIK3CA", "chr3", 179234297, "A", "G", "H1047R"),
    Locus("KIT", "chr4", 54733155, "A", "T", "D816V"),
    Locus("EGFR", "chr7", 55174771, "AGGAATTAAGAGAAGC", "A", "E746_A750del", "inframe_deletion"),
    Locus("EGFR", "chr7", 55191822, "T", "G", "L858R"),
    Locus("BRAF", "chr7", 140753336, "A", "T", "V600E"),
    Locus("PTEN", "chr10", 87933147, "C", "T", "R130*", "stop_gained"),
    Locus("PTEN", "chr10", 87933148, "G", "A", "R130Q"),
    Locus("KRAS", "chr12", 25245347, "C", "T", "G13D"),
    Locus("KRAS", "chr12", 25245350, "C", "A", "G12V"),
    Locus("KRAS", "chr12", 25245350, "C", "T", "G12D"),
    Locus("KRAS", "chr12", 25245351, "C", "A", "G12C"),
    Locus("IDH2", "chr15", 90088702, "C", "T", "R140Q"),
    Locus("TP53", "chr17", 7673802, "C", "T", "R273H"),
    Locus("TP53", "chr17", 7673803, "G", "A", "R273C"),
    Locus("TP53", "chr17", 7674220, "C", "T", "R248Q"),
    Locus("TP53", "chr17", 7674894, "G", "A", "R213*", "stop_gained"),
    Locus("TP53", "chr17", 7675088, "C", "T", "R175H"),
    Locus("ERBB2", "chr17", 39711955, "C", "T", "S310F"),
    Locus("GNAS", "chr20", 58909366, "G", "A", "R201H"),
)

#: A deletion of the whole gene, as written by callers: symbolic, end and length in INFO, breakpoints not exact.
GENE_DELETION = Locus("PTEN", "chr10", 87863113, "N", "<DEL>", "deletion", "transcript_ablation")
GENE_DELETION_END = 87971930

#: A recurrent change marked by the caller's filter: it must not be counted as a mutation.
FILTERED_LOCUS = Locus("KRAS", "chr12", 25227341, "T", "G", "Q61H")

#: Silent changes (rs1050171, rs1800372): they must not be counted as mutations.
SILENT_LOCI: tuple[Locus, ...] = (
    Locus("TP53", "chr17", 7674892, "T", "C", "R213=", "synonymous_variant"),
    Locus("EGFR", "chr7", 55181370, "G", "A", "Q787=", "synonymous_variant"),
)

GERMLINE_SITES: tuple[Locus, ...] = (
    Locus("DPYD", "chr1", 97450058, "C", "T", "rs3918290", "splice_donor_variant"),
    Locus("UGT1A1", "chr2", 233760498, "G", "A", "rs4148323"),
    Locus("CYP2C19", "chr10", 94781859, "G", "A", "rs4244285", "synonymous_variant"),
    Locus("SLCO1B1", "chr12", 21178615, "T", "C", "rs4149056"),
)

#: Share of carriers of a mutation in simulated cohorts, in the order of the genes of ``make_trial``.
GENE_SHARES = {
    "TP53": 0.45,
    "KRAS": 0.28,
    "BRAF": 0.25,
    "EGFR": 0.18,
    "PIK3CA": 0.15,
    "NRAS": 0.06,
    "IDH1": 0.08,
    "PTEN": 0.10,
    "ERBB2": 0.05,
    "CTNNB1": 0.06,
    "KIT": 0.04,
    "IDH2": 0.04,
    "GNAS": 0.04,
}

#: Frequency of the counted allele of each pharmacogene site in simulated cohorts.
ALLELE_SHARES = {"DPYD": 0.08, "UGT1A1": 0.15, "CYP2C19": 0.17, "SLCO1B1": 0.14}
