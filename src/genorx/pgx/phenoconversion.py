"""Phenoconversion: what a person's other drugs make of the phenotype that the genotype gives.

Rules.  Activity genes (CYP2D6, CYP2C9): the score times 0 under a strong inhibitor, times 0.5 under a moderate one.
Others (CYP2C19, CYP3A5): poor under a strong inhibitor, one step down under a moderate one.  A strong inducer moves
CYP2C19 one step up unless the person has no enzyme.  Weak modulators, moderate inducers and drugs with opposite
effects change nothing and are named.  These are conventions: exposure changes differ from drug to drug.
Source: FDA's examples of drugs that interact with CYP enzymes (``tables/cyp_modulators.tsv``); Cicali EJ et al. 2020,
Clin Pharmacol Ther 108:116 and Nahid NA, Johnson JA 2022, Expert Opin Drug Metab Toxicol 18:769 (CYP2D6).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from genorx.knowledge import Pack, PhenotypeTable, default_pack
from genorx.pgx.guidance import DrugGuidance, find_guidance
from genorx.pgx.phenotype import Reading
from genorx.pgx.report import PgxReport

_STEPS = ("Poor Metabolizer", "Intermediate Metabolizer", "Normal Metabolizer", "Rapid Metabolizer")
_TOP = "Ultrarapid Metabolizer"
_FACTORS = {"strong": 0.0, "moderate": 0.5}


@dataclass(frozen=True, slots=True, kw_only=True)
class Modulator:
    """A drug that changes the activity of a gene's enzyme."""

    gene: str
    drug: str
    effect: str  # inhibitor or inducer
    strength: str  # strong, moderate or weak
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """A gene's reading by genotype and under the person's drugs, side by side.

    ``rule`` says what was done; ``converted`` equals ``genotype`` where nothing was.
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


@cache
def modulators() -> tuple[Modulator, ...]:
    """Return the table of inhibitors and inducers."""
    text = (files("genorx.pgx") / "tables" / "cyp_modulators.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    return tuple(Modulator(**dict(zip(rows[0], row, strict=True))) for row in rows[1:])


def phenoconvert(report: PgxReport, medication: Iterable[str], *, pack: Pack | None = None) -> list[Conversion]:
    """Return the conversion of each gene that some drug of the medication modulates.

    Parameters
    ----------
    report : PgxReport
    medication : iterable of str
        Names of the drugs that the person takes; case does not matter.
    """
    facts = pack or default_pack()
    taken = {drug.strip().lower() for drug in medication}
    found = []
    for name, gene in report.genes.items():
        mine = tuple(m for m in modulators() if m.gene == name and m.drug in taken)
        for reading in gene.readings if mine else ():
            converted, rule = _convert(reading, mine, facts.phenotypes.get(name))
            found.append(Conversion(gene=name, genotype=reading, converted=converted, modulators=mine, rule=rule))
    return found


def guidance_under(
    report: PgxReport, medication: Iterable[str], *, pack: Pack | None = None
) -> dict[str, list[DrugGuidance]]:
    """Return the rows of guidance that apply to the converted phenotypes, by drug."""
    facts = pack or default_pack()
    converted: dict[str, tuple[Reading, ...]] = {name: gene.readings for name, gene in report.genes.items()}
    found = phenoconvert(report, medication, pack=facts)
    for name in dict.fromkeys(c.gene for c in found):
        converted[name] = tuple(c.converted for c in found if c.gene == name)
    return find_guidance(converted, facts, report.drugs)


def _convert(reading: Reading, mine: tuple[Modulator, ...], table: PhenotypeTable | None) -> tuple[Reading, str]:
    if not reading.known or table is None:
        return reading, "nothing is known of the genotype"
    inhibitors = {m.strength for m in mine if m.effect == "inhibitor"} - {"weak"}
    inducers = {m.strength for m in mine if m.effect == "inducer"} - {"weak"}
    if inhibitors and inducers:
        return reading, "inhibitor and inducer together: no rule"
    if inhibitors:
        strength = "strong" if "strong" in inhibitors else "moderate"
        converted = _by_score(reading, strength, table) if table.activity else _by_step(reading, strength)
        return converted, f"{strength} inhibitor"
    if "strong" in inducers and reading.gene == "CYP2C19":
        return _one_up(reading), "strong inducer"
    return reading, "inducer: no rule" if inducers else "weak inhibitor: no change"


def _by_score(reading: Reading, strength: str, table: PhenotypeTable) -> Reading:
    """Return the reading with its score multiplied, and the phenotype of the nearest score that the table has below."""
    score = reading.scores[0] if reading.scores else ""
    sign, number = ("≥", score[1:]) if score.startswith("≥") else ("", score)
    try:
        value = float(number) * _FACTORS[strength]
    except ValueError:
        return reading
    listed = sorted({float(m.score) for m in table.pairs.values() if m.score and m.score[0].isdigit()})
    below = [each for each in listed if each <= value and (each > 0 or value == 0)]
    nearest = below[-1] if below else next(each for each in listed if each > 0)
    shown = f"{sign if value else ''}{value:g}" if value % 1 else f"{sign if value else ''}{value:.1f}"
    phenotypes = table.phenotypes_of(str(nearest))
    return replace(reading, phenotypes=phenotypes, scores=(shown,), keys=(str(nearest),), counted=False)


def _by_step(reading: Reading, strength: str) -> Reading:
    phenotype = reading.phenotypes[0]
    if strength == "strong" and phenotype in (*_STEPS, _TOP):
        return _as(reading, _STEPS[0])
    if phenotype in ("Rapid Metabolizer", _TOP):
        return _as(reading, "Normal Metabolizer")
    if phenotype in _STEPS:
        return _as(reading, _STEPS[max(0, _STEPS.index(phenotype) - 1)])
    return reading


def _one_up(reading: Reading) -> Reading:
    phenotype = reading.phenotypes[0]
    if phenotype not in _STEPS[1:]:
        return reading
    return _as(reading, (*_STEPS, _TOP)[_STEPS.index(phenotype) + 1])


def _as(reading: Reading, phenotype: str) -> Reading:
    return replace(reading, phenotypes=(phenotype,), keys=(phenotype,), counted=False)
