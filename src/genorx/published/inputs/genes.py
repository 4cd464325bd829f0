"""Inputs of published models from variant files: genes of IPSS-M, germline BRCA, CYP2C9, VKORC1, CYP3A5.

A gene or site that was not tested is unknown; a no-call is never the reference.  The models use few alleles; other star
alleles are called by ``pgx``.
Sources: sites by PharmVar and CPIC (rs numbers), both assemblies.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.errors import Finding, UsageError, shown
from genorx.published.cards.card import read_card
from genorx.published.estimates import SharedFindings
from genorx.published.inputs.site_counts import Absent, CountedSite, site_counts

if TYPE_CHECKING:
    pass

# rooms of variant files are imported by the functions that read one: most users of a model have none

Floats = NDArray[np.float64]


_SITES = {
    "CYP2C9*2": CountedSite(chrom="chr10", positions=(96702047, 94942290), references=("C", "C"), counted="T"),
    "CYP2C9*3": CountedSite(chrom="chr10", positions=(96741053, 94981296), references=("A", "A"), counted="C"),
    "VKORC1": CountedSite(chrom="chr16", positions=(31107689, 31096368), references=("C", "C"), counted="T"),
    "rs9934438": CountedSite(chrom="chr16", positions=(31104878, 31093557), references=("G", "G"), counted="A"),
    "rs2359612": CountedSite(
        chrom="chr16", positions=(31103796, 31092475), references=("", ""), counted="A", other="G"
    ),
    "rs8050894": CountedSite(
        chrom="chr16", positions=(31104509, 31093188), references=("", ""), counted="G", other="C"
    ),
    "CYP3A5*3": CountedSite(chrom="chr7", positions=(99270539, 99672916), references=("C", "T"), counted="C"),
    "CYP3A5*6": CountedSite(chrom="chr7", positions=(99262835, 99665212), references=("C", "C"), counted="T"),
    "CYP3A5*7": CountedSite(chrom="chr7", positions=(99250393, 99652770), references=("T", "T"), counted="TA"),
}


def warfarin_genes(path: str | Path, *, assembly: str | None = None, absent: Absent = "missing") -> pd.DataFrame:
    """Return ``cyp2c9``, ``vkorc1``, ``cyp2c9_2``, ``cyp2c9_3`` and ``vkorc1_a`` of each sample of a germline file.

    VKORC1 is given on the strand of the gene: T in the file is A.  ``*2`` and ``*3`` in one person count as ``*2/*3``.

    Parameters
    ----------
    path : path
        VCF, gVCF or BCF.
    assembly : {"GRCh37", "GRCh38"}, optional
        Assembly of the file; required if the header does not name it.
    absent : {"missing", "reference"}
        Meaning of a site without a record; ``"missing"`` by default.

    Raises
    ------
    UsageError
        If the assembly is not known (code ``assembly-unknown``).
    VariantFileError, AssemblyError

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = Path(tempfile.mkdtemp())
    >>> from genorx.datasets import load_iwpc, write_iwpc_vcf
    >>> _ = write_iwpc_vcf(load_iwpc().head(3), folder / "iwpc.vcf")
    >>> warfarin_genes(folder / "iwpc.vcf").columns[:2].tolist()
    ['cyp2c9', 'vkorc1']
    """
    counts = _counts(path, ("CYP2C9*2", "CYP2C9*3", "VKORC1"), assembly, absent)
    second, third, vkorc1 = (counts[name] for name in counts.columns)
    impossible = (second + third) > 2
    second, third = second.mask(impossible), third.mask(impossible)
    pairs = {(0, 0): "*1/*1", (1, 0): "*1/*2", (0, 1): "*1/*3", (2, 0): "*2/*2", (1, 1): "*2/*3", (0, 2): "*3/*3"}
    called = [pairs.get((a, b)) for a, b in zip(second, third, strict=True)]
    made = pd.DataFrame({"cyp2c9": pd.Series(called, index=counts.index, dtype=object)})
    made["vkorc1"] = [{0: "GG", 1: "AG", 2: "AA"}.get(count) for count in vkorc1]
    made = made.assign(cyp2c9_2=second, cyp2c9_3=third, vkorc1_a=vkorc1)
    return _with_unknown(made, counts)


def warfarin_sites(path: str | Path, *, assembly: str | None = None, absent: Absent = "missing") -> pd.DataFrame:
    """Return the dosage of the low-dose allele of each sample at the sites of VKORC1 and CYP2C9.

    Columns ``rs9923231``, ``rs9934438``, ``rs2359612``, ``rs8050894`` (VKORC1: A, T, T and C on the gene's strand),
    ``rs1799853`` (CYP2C9*2) and ``rs1057910`` (CYP2C9*3): 0, 1, 2 or missing.  Bases are counted, whichever is the
    reference in the file.  Parameters and errors are those of :func:`warfarin_genes`.
    """
    counts = _counts(path, ("VKORC1", "rs9934438", "rs2359612", "rs8050894", "CYP2C9*2", "CYP2C9*3"), assembly, absent)
    return counts.rename(columns={"VKORC1": "rs9923231", "CYP2C9*2": "rs1799853", "CYP2C9*3": "rs1057910"})


def cyp3a5_genes(path: str | Path, *, assembly: str | None = None, absent: Absent = "missing") -> pd.DataFrame:
    """Return ``cyp3a5`` of each sample of a germline file; carriers of ``*6`` or ``*7`` are reported.

    The reference base at the site of ``*3`` is ``*3`` on GRCh37 and ``*1`` on GRCh38: bases are counted, not changes.
    Parameters and errors are those of :func:`warfarin_genes`.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = Path(tempfile.mkdtemp())
    >>> from genorx.datasets import write_pgx_cohort
    >>> _ = write_pgx_cohort(folder / "cohort.vcf", n=3)
    >>> len(cyp3a5_genes(folder / "cohort.vcf"))
    3
    """
    counts = _counts(path, ("CYP3A5*3", "CYP3A5*6", "CYP3A5*7"), assembly, absent)

    def called(row: Sequence[float]) -> str | None:
        if any(pd.isna(each) for each in row) or sum(row) > 2:
            return None
        alleles = ["*3"] * int(row[0]) + ["*6"] * int(row[1]) + ["*7"] * int(row[2])
        return "/".join(["*1"] * (2 - len(alleles)) + alleles)

    made = pd.DataFrame(
        {"cyp3a5": [called(row) for row in counts.to_numpy().tolist()]}, index=counts.index, dtype=object
    )
    return _with_unknown(made, counts)


def ipssm_genes(
    path: str | Path,
    covered: Collection[str],
    *,
    assembly: str | None = None,
    samples: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Return the genes of IPSS-M, ``TP53mut`` and ``TP53maxvaf`` of each sample of a somatic file.

    Parameters
    ----------
    path : path
        Annotated VCF or BCF of small variants (VEP, SnpEff or bcftools csq).
    covered : collection of str
        Genes that the assay covers in full; only in these, no record means unmutated.  ``FLT3_ITD`` and ``MLL_PTD``
        mean that tandem duplications were tested too; without them FLT3 and MLL_PTD are never 0.
    assembly : {"GRCh37", "GRCh38"}, optional
        Expected assembly, checked against the header.
    samples : sequence of str, optional
        Samples to return; by default all.

    Returns
    -------
    DataFrame
        Indexed by ``patient_id``: 1 mutated, 0 tested and unmutated, missing if unknown (including no-calls).
        ``attrs["findings"]`` names the genes that were not tested.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = Path(tempfile.mkdtemp())
    >>> from genorx.datasets import write_demo
    >>> tumours = write_demo(folder / "demo").tumours
    >>> ipssm_genes(tumours, {"TP53"}).index.tolist()[:1]
    ['P0852']
    """
    from genorx.features import Panel, variant_features

    card = read_card("ipssm", "1.0.0")
    gene_inputs = [each.name for each in card.inputs if each.unknown == "scenarios" and each.name.isupper()]
    requested = [name for name in gene_inputs if name != "MLL_PTD"]
    panel = Panel(name="ipssm", genes=(*requested, "TP53"))
    frame = variant_features(path, panel, samples, absent="reference", assembly=assembly)
    made = pd.DataFrame(index=frame.index)
    for name in gene_inputs:
        # small variants never show a tandem duplication of MLL: 0 if it was tested
        seen = frame[name] if name in frame else pd.Series(0, index=frame.index, dtype="Int8")
        made[name] = _by_coverage(seen, looked=_looked_at(name, covered))
    count, fraction = _tp53(path, list(frame.index.astype(str)), assembly)
    mutated = _by_coverage(frame["TP53"], looked="TP53" in covered)
    texts = np.where(count >= 2, "2 or more", np.where(count == 1, "1", "0")).astype(object)
    uncounted = mutated.isna().to_numpy() | (mutated.eq(1).to_numpy() & (count == 0))  # a half call: one or more
    made["TP53mut"] = pd.Series(texts, index=frame.index, dtype=object).mask(uncounted)
    none_found = np.where(mutated.eq(0).to_numpy(), 0.0, np.nan)
    made["TP53maxvaf"] = np.where(count > 0, fraction, none_found)
    missing = [str(name) for name in made.columns if made[name].isna().all()]
    made.attrs["findings"] = SharedFindings(_not_covered(missing, str(path)))
    return made


def brca_carriers(path: str | Path, *, covered: bool = False, assembly: str | None = None) -> pd.DataFrame:
    r"""Return ``brca`` of each sample of a germline file: 1 for a pathogenic or likely pathogenic variant.

    Parameters
    ----------
    path : path
        VCF or BCF with ClinVar's ``CLNSIG`` in INFO, and with annotations or ``GENEINFO``.
    covered : bool
        Whether BRCA1 and BRCA2 were tested in full; if not (default), people without a variant are unknown.
    assembly : {"GRCh37", "GRCh38"}, optional
        Expected assembly, checked against the header.

    Returns
    -------
    DataFrame
        Column ``brca``, indexed by ``patient_id``.  A carrier of a truncating variant without known significance, and a
        person with a no-call at a pathogenic one, are unknown and named in ``attrs["findings"]``.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = Path(tempfile.mkdtemp())
    >>> csq = "##INFO=<ID=CSQ,Number=.,Type=String,Description=\"Format: Allele|Consequence|SYMBOL\">"
    >>> head = ["##fileformat=VCFv4.3", "##contig=<ID=chr13,length=114364328,assembly=GRCh38>", csq]
    >>> head += ["##INFO=<ID=CLNSIG,Number=.,Type=String,Description=\"ClinVar\">"]
    >>> head += ["##FORMAT=<ID=GT,Number=1,Type=String,Description=\"Genotype\">"]
    >>> names = "#CHROM POS ID REF ALT QUAL FILTER INFO FORMAT P1".split()
    >>> row = "chr13 32340300 . G T . PASS CSQ=T|stop_gained|BRCA2;CLNSIG=Pathogenic GT 0/1".split()
    >>> _ = (folder / "one.vcf").write_text("\n".join([*head, "\t".join(names), "\t".join(row)]) + "\n")
    >>> brca_carriers(folder / "one.vcf", covered=True)["brca"].tolist()
    [1.0]
    """
    from genorx.published.inputs.gene_records import carried_changes
    from genorx.variants import Effect

    samples, changes = carried_changes(path, ("BRCA1", "BRCA2"), assembly=assembly, germline=True)
    sure, doubt = np.zeros(len(samples), dtype=bool), np.zeros(len(samples), dtype=bool)
    for each in changes:
        pathogenic = any(word.startswith(("pathogenic", "likely_pathogenic")) for word in each.significance)
        unsaid = not each.significance and each.effect >= Effect.SPLICE
        sure |= each.carriers & pathogenic
        doubt |= (each.carriers & unsaid) | (each.no_calls & (pathogenic or unsaid))
    value = np.where(sure, 1.0, np.where(doubt | (not covered), np.nan, 0.0))
    made = pd.DataFrame({"brca": value}, index=pd.Index(samples, name="patient_id"))
    text = "a variant of BRCA1 or BRCA2 that may be pathogenic is not known to be, or was not called"
    found = [
        Finding(code="published-brca-uncertain", severity="warning", message=text, patient_id=sample, place=str(path))
        for sample in np.asarray(samples, dtype=object)[doubt & ~sure]
    ]
    made.attrs["findings"] = SharedFindings(each.to_dict() for each in found)
    return made


def _looked_at(name: str, covered: Collection[str]) -> bool:
    """Return whether the absence of a record means that an input of IPSS-M is 0."""
    if name == "MLL_PTD":
        return "MLL_PTD" in covered
    return name in covered and (name != "FLT3" or "FLT3_ITD" in covered)


def _by_coverage(seen: pd.Series, *, looked: bool) -> pd.Series:
    """Return a gene's 0/1 if no record means unmutated, as for a tested gene; otherwise only 1."""
    value = seen.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    return pd.Series(value if looked else np.where(value == 1.0, 1.0, np.nan), index=seen.index)


def _tp53(path: str | Path, patients: Sequence[str], assembly: str | None) -> tuple[NDArray[np.intp], Floats]:
    """Return the number of non-silent TP53 changes and their greatest allele fraction, by patient."""
    from genorx.published.inputs.gene_records import carried_changes
    from genorx.variants import Effect

    samples, changes = carried_changes(path, ("TP53",), assembly=assembly)
    order = [samples.index(patient) for patient in patients]
    count, fraction = np.zeros(len(samples), dtype=np.intp), np.full(len(samples), np.nan)
    for each in changes:
        if each.effect >= Effect.OTHER:
            count += each.carriers
            fraction = np.where(each.carriers, np.fmax(fraction, each.fraction), fraction)
    return count[order], fraction[order]


def _counts(path: str | Path, names: Sequence[str], assembly: str | None, absent: Absent) -> pd.DataFrame:
    """Return the count of each site's effect base in each sample; missing if not known."""
    from genorx.variants import VariantReader

    reader = VariantReader(path, assembly=assembly)
    which = _which(reader.assembly, path)
    columns = {name: site_counts(path, _SITES[name], which, assembly=reader.assembly, absent=absent) for name in names}
    return pd.DataFrame(columns, index=pd.Index(reader.header.samples, name="patient_id"))


def _which(assembly: str | None, path: str | Path) -> int:
    if assembly not in ("GRCh37", "GRCh38"):
        raise UsageError(
            "the assembly of the file is not known", file=path, hint="give it: assembly=...", code="assembly-unknown"
        )
    return ("GRCh37", "GRCh38").index(assembly)


def _with_unknown(made: pd.DataFrame, counts: pd.DataFrame) -> pd.DataFrame:
    """Attach one finding per sample and site that was not tested or not called."""
    found = [
        Finding(
            code="published-gene-not-covered",
            severity="warning",
            message=f"{name} was not called: it is unknown",
            patient_id=str(sample),
        ).to_dict()
        for name in counts
        for sample in counts.index[counts[name].isna()]
    ]
    made.attrs["findings"] = SharedFindings(found)
    return made


def _not_covered(names: Sequence[str], place: str) -> Iterator[dict[str, str | None]]:
    for name in names:
        text = f"{shown(name)} was not tested: it is unknown, which does not mean unmutated"
        yield Finding(code="published-gene-not-covered", severity="warning", message=text, place=place).to_dict()
