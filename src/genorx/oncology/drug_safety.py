"""Germline variants of drug metabolism, as notes on the drugs of an option; never options themselves.

Diplotypes and their consequences belong to ``genorx.pgx``; this module only lists which gene matters for which drug,
and adds a note if an alteration of that gene was read.
Source: CPIC guidelines (cpicpgx.org): DPYD (Amstutz U et al. 2018), TPMT and NUDT15 (Relling MV et al. 2019), CYP2D6
and tamoxifen (Goetz MP et al. 2018), G6PD (Gammal RS et al. 2023); UGT1A1 by the drugs' labels.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from genorx.knowledge.drug_names import drugs_in
from genorx.oncology.alteration import Alteration

#: Genes on which dose or use of a drug depends.
DRUG_GENES: dict[str, tuple[str, ...]] = {
    "capecitabine": ("DPYD",), "fluorouracil": ("DPYD",), "tegafur": ("DPYD",), "irinotecan": ("UGT1A1",),
    "belinostat": ("UGT1A1",), "nilotinib": ("UGT1A1",), "sacituzumab govitecan": ("UGT1A1",),
    "mercaptopurine": ("TPMT", "NUDT15"), "thioguanine": ("TPMT", "NUDT15"), "azathioprine": ("TPMT", "NUDT15"),
    "tamoxifen": ("CYP2D6",), "rasburicase": ("G6PD",), "dabrafenib": ("G6PD",),
}  # fmt: skip
#: Exact alleles of DPYD that lower its activity, (assembly, chrom, pos, ref, alt) on the plus strand.
_DPYD = (
    ("*2A", "rs3918290", 97915614, 97450058, "C", "T"),
    ("*13", "rs55886062", 97981343, 97515787, "A", "C"),
    ("c.2846A>T", "rs67376798", 97547947, 97082391, "T", "A"),
    ("HapB3", "rs56038477", 98039419, 97573863, "C", "T"),
)
PHARMACOGENE_ALLELES: dict[tuple[str, str, int, str, str], tuple[str, str, str]] = {
    (assembly, "1", place, ref, alt): ("DPYD", name, rsid)
    for name, rsid, pos37, pos38, ref, alt in _DPYD
    for assembly, place in (("GRCh37", pos37), ("GRCh38", pos38))
}


def drug_genes(therapy: str) -> dict[str, tuple[str, ...]]:
    """Return the drugs in a therapy's name that depend on a gene, each with its genes.

    >>> drug_genes("Irinotecan hydrochloride and Xeloda"), drug_genes("mFOLFOX6")
    ({'irinotecan': ('UGT1A1',), 'capecitabine': ('DPYD',)}, {'fluorouracil': ('DPYD',)})
    """
    found: dict[str, tuple[str, ...]] = {}
    for _, drug in drugs_in(therapy, DRUG_GENES):
        if drug is not None:
            found[drug] = DRUG_GENES[drug]
    return found


def safety_notes(
    therapies: Iterable[str],
    alterations: Iterable[Alteration] = (),
    phenotypes: Mapping[str, str] | None = None,
) -> tuple[dict[str, str], ...]:
    """Return pharmacogene notes on the drugs of a therapy: gene, drug, finding, source.

    Parameters
    ----------
    phenotypes : mapping of gene to phenotype, optional
        As called by ``genorx.pgx``, ``{"DPYD": "Intermediate Metabolizer"}``.

    Returns
    -------
    tuple of dict
        ``finding`` is the phenotype, otherwise the variant read, otherwise ``not assessed``.
    """
    known = {gene.upper(): text for gene, text in (phenotypes or {}).items()}
    notes = []
    facts = [fact for fact in alterations if not fact.atom.negated]
    for therapy in therapies:
        for drug, genes in drug_genes(therapy).items():
            for gene in genes:
                variants = sorted({fact.label for fact in facts if gene in fact.genes})
                finding = known.get(gene) or (", ".join(variants) if variants else "not assessed")
                notes.append({"drug": drug, "gene": gene, "finding": finding, "source": "CPIC or label"})
    return tuple(notes)
