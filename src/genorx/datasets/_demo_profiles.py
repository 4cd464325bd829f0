"""Further variant files of the demo's patients to rank: germline and tumour variants.

Both describe the same simulated people as the file of the study's panel, with the same genotypes.
"""

from __future__ import annotations

import gzip
from pathlib import Path

import pandas as pd

from genorx._core.output import write_text
from genorx.datasets import _loci as loci
from genorx.datasets._population import site_name
from genorx.datasets.pharmacogenes import write_alleles

#: The allele without the counted site of the study's panel, and the allele that the site defines.
_ALLELES = {
    "DPYD": ("Reference", "c.1905+1G>A (*2A)"),
    "UGT1A1": ("*1", "*6"),
    "CYP2C19": ("*1", "*2"),
    "SLCO1B1": ("*1", "*5"),
}


def write_germline(features: pd.DataFrame, path: Path) -> None:
    """Write a germline VCF of all pharmacogene sites, with the alleles of the patients of ``features``."""
    carried = {}
    for gene, (usual, counted) in _ALLELES.items():
        copies = features[site_name(gene)].astype(int)
        carried[gene] = [(counted if n == 2 else usual, counted if n >= 1 else usual) for n in copies]
    write_alleles(path, [str(name) for name in features.index], carried)


def write_tumours(panel: Path, path: Path) -> None:
    """Write the patients' tumour records of the panel's VCF ``panel``: all except the pharmacogene sites."""
    germline = {(site.chrom, str(site.pos)) for site in loci.GERMLINE_SITES}
    with gzip.open(panel, "rt", encoding="utf-8") as lines:
        kept = [line for line in lines if line.startswith("#") or tuple(line.split("\t", 2)[:2]) not in germline]
    write_text("".join(kept), path)
