"""Phenoconversion: the effect of co-medication on the phenotype predicted from the genotype.

Rules.  Activity genes (CYP2D6, CYP2C9): the score times 0 under a strong inhibitor, times 0.5 under a moderate one.
Others (CYP2C19, CYP3A5): poor under a strong inhibitor; under a moderate one a step down, rapid and ultrarapid to
normal.  A strong inducer moves CYP2C19 one step up unless the person has no enzyme.  Weak modulators, moderate inducers
and drugs with opposite effects change nothing, but are named.  These are conventions: the change in exposure differs
between drugs.  A drug outside the table is not known as a modulator, which does not mean that it has no interaction.
Source: FDA's examples of drugs that interact with CYP enzymes (``tables/cyp_modulators.tsv``); Cicali EJ et al. 2020,
Clin Pharmacol Ther 108:116 and Nahid NA, Johnson JA 2022, Expert Opin Drug Metab Toxicol 18:769 (CYP2D6).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cache

from genorx._core.packaged import packaged_rows
from genorx._core.short_repr import short
from genorx.errors import Finding, shown
from genorx.knowledge import Pack, PhenotypeTable, default_pack
from genorx.knowledge.drug_names import drugs_in
from genorx.pgx.guidance.guidance import DrugGuidance, find_guidance
from genorx.pgx.guidance.phenotype import Reading
from genorx.pgx.report import PgxReport

_STEPS = ("Poor Metabolizer", "Intermediate Metabolizer", "Normal Metabolizer", "Rapid Metabolizer")
_TOP = "Ultrarapid Metabolizer"
#: Phenotypes under a moderate inhibitor; under a strong one each of these becomes poor.
_DOWN = {
    "Poor Metabolizer": "Poor Metabolizer",
    "Likely Poor Metabolizer": "Likely Poor Metabolizer",
    "Intermediate Metabolizer": "Poor Metabolizer",
    "Likely Intermediate Metabolizer": "Likely Poor Metabolizer",
    "Possible Intermediate Metabolizer": "Possible Intermediate Metabolizer",
    "Normal Metabolizer": "Intermediate Metabolizer",
    "Rapid Metabolizer": "Normal Metabolizer",
    _TOP: "Normal Metabolizer",
}
_FACTORS = {"strong": 0.0, "moderate": 0.5}


@dataclass(frozen=True, slots=True, kw_only=True)
class Modulator:
    """A drug that changes the activity of a gene's enzyme."""

    gene: str
    drug: str
    effect: str  # inhibitor or inducer
    strength: str  # strong, moderate or weak
    source: str
    date: str  # on which the source's content was current


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """Phenotypes of a gene by genotype and under co-medication, side by side.

    ``rule`` names the conversion; ``converted`` equals ``genotype`` if nothing changes.
    """

    gene: str
    genotype: Reading
    converted: Reading
    modulators: tuple[Modulator, ...]
    rule: str

    @property
    def changed(self) -> bool:
        """Whether the drugs change the phenotype or the score."""
        return self.converted != self.genotype

    def to_dict(self) -> dict[str, object]:
        """Return both readings, the rule and the drugs as plain values."""
        return {
            "gene": self.gene,
            "genotype": _plain(self.genotype),
            "converted": _plain(self.converted),
            "changed": self.changed,
            "rule": self.rule,
            "modulators": [asdict(modulator) for modulator in self.modulators],
        }


def _plain(reading: Reading) -> dict[str, list[str]]:
    return {"phenotypes": list(reading.phenotypes), "activity_scores": list(reading.scores)}


@short
@dataclass(frozen=True, slots=True, kw_only=True)
class Phenoconversion:
    """Effects of a person's drugs on each gene; a sequence of the conversions.

    Attributes
    ----------
    conversions : tuple of Conversion
        One conversion per reading of each gene that a drug modulates.
    drugs : mapping of drug to rows of guidance
        Rows that apply under co-medication, for drugs whose rows differ from those by genotype.
    not_known : tuple of str
        Drugs, as written, that are not in the table of modulators.
    findings : tuple of Finding
        ``modulator-unknown``, which names these drugs.
    """

    conversions: tuple[Conversion, ...]
    drugs: Mapping[str, list[DrugGuidance]] = field(default_factory=dict)
    not_known: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    def __iter__(self) -> Iterator[Conversion]:
        return iter(self.conversions)

    def __len__(self) -> int:
        return len(self.conversions)

    def __getitem__(self, index: int) -> Conversion:
        return self.conversions[index]

    def to_dict(self) -> dict[str, object]:
        """Return the conversions, the drugs whose rows change, and the unknown drugs."""
        return {
            "genes": [conversion.to_dict() for conversion in self.conversions],
            "drugs": {drug: [row.to_dict() for row in rows] for drug, rows in self.drugs.items()},
            "not_known": list(self.not_known),
        }


@cache
def modulators() -> tuple[Modulator, ...]:
    """Return the table of inhibitors and inducers."""
    return tuple(Modulator(**row) for row in packaged_rows("genorx.pgx", "tables", "cyp_modulators.tsv"))


def phenoconvert(report: PgxReport, medication: Iterable[str], *, pack: Pack | None = None) -> Phenoconversion:
    """Return the effect of a person's drugs on the genes they modulate, and the drugs without known effect.

    Parameters
    ----------
    report : PgxReport
    medication : iterable of str
        Drugs taken by the person: generic names, with or without salts and doses, or some brands.
    """
    facts = pack or default_pack()
    taken, not_known = _taken(medication)
    found = []
    for name, gene in report.genes.items():
        mine = tuple(m for m in modulators() if m.gene == name and m.drug in taken)
        for reading in gene.readings if mine else ():
            converted, rule = _convert(reading, mine, facts.phenotypes.get(name))
            found.append(Conversion(gene=name, genotype=reading, converted=converted, modulators=mine, rule=rule))
    rows = _rows_under(report, found, facts)
    changed = {drug: then for drug, then in rows.items() if _ids(then) != _ids(report.drugs[drug])}
    return Phenoconversion(
        conversions=tuple(found), drugs=changed, not_known=not_known, findings=_findings(report, not_known)
    )


def with_medication(report: PgxReport, medication: Iterable[str], *, pack: Pack | None = None) -> PgxReport:
    """Return the report with the effect of co-medication added; the result by genotype is unchanged.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = Path(tempfile.mkdtemp())
    >>> import genorx as gx
    >>> _ = gx.datasets.write_pgx_cohort(folder / "one.vcf", n=1)
    >>> report = gx.pgx.call(folder / "one.vcf")[0]
    >>> taken = gx.pgx.with_medication(report, ["paroxetine"])  # a strong inhibitor of CYP2D6
    >>> [row.gene for row in taken.phenoconversion]
    ['CYP2D6']
    """
    found = phenoconvert(report, medication, pack=pack)
    return replace(report, phenoconversion=found, findings=(*report.findings, *found.findings))


def _ids(rows: Iterable[DrugGuidance]) -> set[str]:
    return {row.row.id for row in rows}


def _findings(report: PgxReport, not_known: tuple[str, ...]) -> tuple[Finding, ...]:
    if not not_known:
        return ()
    names = ", ".join(shown(drug) for drug in not_known)
    text = f"drugs not known as modulators of an enzyme, which does not mean that they have no interaction: {names}"
    return (Finding(code="modulator-unknown", severity="warning", message=text, patient_id=report.sample),)


def _taken(medication: Iterable[str]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the modulators among the drugs, and the other drugs, as written."""
    known = frozenset(m.drug for m in modulators())
    named = [drug for text in medication if text.strip() for drug in drugs_in(text, known)]
    unknown = dict.fromkeys(written for written, generic in named if generic is None)
    return frozenset(generic for _, generic in named if generic is not None), tuple(unknown)


def guidance_under(
    report: PgxReport, medication: Iterable[str], *, pack: Pack | None = None
) -> dict[str, list[DrugGuidance]]:
    """Return the rows of guidance that apply to the converted phenotypes, by drug.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = Path(tempfile.mkdtemp())
    >>> import genorx as gx
    >>> _ = gx.datasets.write_pgx_cohort(folder / "one.vcf", n=1)
    >>> report = gx.pgx.call(folder / "one.vcf")[0]
    >>> rows = gx.pgx.guidance_under(report, ["fluconazole"])  # an inhibitor of CYP2C19 and CYP2C9
    >>> sorted({row.guideline.source for row in rows["clopidogrel"]})
    ['CPIC', 'DPWG']
    """
    facts = pack or default_pack()
    return _rows_under(report, phenoconvert(report, medication, pack=facts), facts)


def _rows_under(report: PgxReport, found: Iterable[Conversion], facts: Pack) -> dict[str, list[DrugGuidance]]:
    found = list(found)
    converted: dict[str, tuple[Reading, ...]] = {name: gene.readings for name, gene in report.genes.items()}
    for name in dict.fromkeys(c.gene for c in found):
        converted[name] = tuple(c.converted for c in found if c.gene == name)
    return find_guidance(converted, facts, report.drugs)


def _convert(reading: Reading, mine: tuple[Modulator, ...], table: PhenotypeTable | None) -> tuple[Reading, str]:
    if not reading.known or table is None:
        return reading, "the genotype is not known"
    inhibitors = {m.strength for m in mine if m.effect == "inhibitor"} - {"weak"}
    inducers = {m.strength for m in mine if m.effect == "inducer"} - {"weak"}
    if inhibitors and inducers:
        return reading, "inhibitor and inducer together: no rule"
    if inhibitors:
        strength = "strong" if "strong" in inhibitors else "moderate"
        converted = _by_score(reading, strength, table) if table.activity else _by_step(reading, strength)
        if converted is None:
            return reading, f"{strength} inhibitor; the meaning of the genotype is not known"
        return converted, f"{strength} inhibitor"
    if "strong" in inducers and reading.gene == "CYP2C19":
        return _one_up(reading), "strong inducer"
    return reading, "inducer: no rule" if inducers else "weak inhibitor: no change"


def _by_score(reading: Reading, strength: str, table: PhenotypeTable) -> Reading | None:
    """Return the reading with its score multiplied, or every score of its phenotype; None if neither is known."""
    for scores in (reading.scores, reading.keys):
        scaled = [found for score in scores if (found := _scaled(score, _FACTORS[strength], table)) is not None]
        if scaled:
            return replace(
                reading,
                scores=_each(score for score, _ in scaled),
                keys=_each(key for _, key in scaled),
                phenotypes=_each(name for _, key in scaled for name in table.phenotypes_of(key)),
                counted=False,
            )
    return None


def _scaled(score: str, factor: float, table: PhenotypeTable) -> tuple[str, str] | None:
    """Return a score times a factor, and the nearest lower score in the table, except zero."""
    try:
        value = float(score.lstrip("≥")) * factor
    except ValueError:
        return None
    listed = sorted({float(m.score) for m in table.pairs.values() if m.score and m.score[0].isdigit()})
    below = [each for each in listed if each <= value and (each > 0 or value == 0)]
    nearest = below[-1] if below else next(each for each in listed if each > 0)
    sign = "≥" if score.startswith("≥") and value else ""
    return f"{sign}{value:g}" if value % 1 else f"{sign}{value:.1f}", str(nearest)


def _each(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))


def _by_step(reading: Reading, strength: str) -> Reading | None:
    phenotype = reading.phenotypes[0]
    if phenotype not in _DOWN:
        return None
    return _as(reading, _STEPS[0] if strength == "strong" else _DOWN[phenotype])


def _one_up(reading: Reading) -> Reading:
    phenotype = reading.phenotypes[0]
    if phenotype not in _STEPS[1:]:
        return reading
    return _as(reading, (*_STEPS, _TOP)[_STEPS.index(phenotype) + 1])


def _as(reading: Reading, phenotype: str) -> Reading:
    return replace(reading, phenotypes=(phenotype,), keys=(phenotype,), counted=False)
