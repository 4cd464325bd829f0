"""Turn the published files of the AML knowledge bank into one VCF and five tables: ``convert_aml.py SOURCE OUT``.

SOURCE is the folder ``data/`` of the repository gerstung-lab/AML-multistage, under GPL-3.0 (Gerstung M et al. 2017,
Nat Genet 49:332); genorx does not ship its data.  OUT is what ``gx.datasets.load_aml_knowledge_bank`` and the notebooks
read.  ``--subset open``, the default, writes the 1,068 of 1,540 patients on whom genorx is developed and whose numbers
the documentation has.  The VCF is read back, and has to give the genes of ``gene_matrix.csv``.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd
from aml.mutation_rows import build_records
from aml.published_files import in_subset, read_clinical, read_table
from aml.record_tables import build_tables
from aml.reference_bases import collect_known_bases
from aml.variant_records import CURRENT_SYMBOL
from aml.vcf_files import write_cohort_vcf

import genorx as gx


def convert(source: Path, out: Path, subset: str = "open") -> dict[str, int]:
    """Write the files; returns how the mutations were placed."""
    clinical = read_clinical(source)
    genetic, itd = read_table(source, "AMLSG_Genetic.txt"), read_table(source, "AMLSG_FLT3ITD.txt")
    patients = [name for name in sorted(clinical["PDID"]) if in_subset(name, subset)]
    records, report = build_records(genetic, itd, set(patients), collect_known_bases(genetic, itd))
    karyotypes, classes = (read_table(source, f"AMLSG_{name}.txt") for name in ("Karyotypes", "Classification"))
    tables = build_tables(clinical, karyotypes, classes, genetic, patients)
    out.mkdir(parents=True, exist_ok=True)
    write_cohort_vcf(out / "cohort.vcf.gz", records, patients)
    for name, frame in tables.items():
        frame.to_csv(out / name, index=False, lineterminator="\n")
    if other := genes_that_differ(out):
        sys.exit(f"the VCF does not give the genes of gene_matrix.csv: {', '.join(other)}")
    return {"patients": len(patients), "records": len(records), **report}


def genes_that_differ(out: Path) -> list[str]:
    """Genes of which the VCF, read by genorx, does not say what the table of mutations says."""
    expected = pd.read_csv(out / "gene_matrix.csv", index_col="pdid")
    expected.columns = [CURRENT_SYMBOL.get(name, name) for name in expected.columns]
    found = gx.variant_features(out / "cohort.vcf.gz", "genes").reindex(index=expected.index)
    absent = expected.columns.difference(found.columns)
    found = found.reindex(columns=expected.columns).fillna(0).astype(int)
    differ = (found != expected).any()
    return sorted({*differ[differ].index} - {name for name in absent if not expected[name].any()})


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--subset", choices=("open", "all"), default="open")
    given = parser.parse_args()
    for name, count in convert(given.source, given.out, given.subset).items():
        sys.stdout.write(f"{name}: {count:,}\n")


if __name__ == "__main__":
    main()
