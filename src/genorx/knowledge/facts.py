"""Reading of a hospital's own pharmacogene facts from a JSON file: alleles, their function, recommendations.

Positions and bases are checked against the shipped pack; functions are translated to phenotypes by its tables, by exact
words only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from genorx._core.numerals import decimal_number
from genorx._core.provenance import file_digest
from genorx._core.strict_json import Number, parse_json
from genorx.errors import Finding, PackError, shown
from genorx.knowledge._action import action_of, dose_change_of
from genorx.knowledge._checked import PACK_FILE
from genorx.knowledge.definition import GeneDefinition, NamedAllele, Position
from genorx.knowledge.guidance import GuidanceRow, Guideline
from genorx.knowledge.pack import Pack
from genorx.knowledge.phenotype import AlleleFunction, Meaning, PhenotypeTable
from genorx.knowledge.shipped import default_pack

_BASES = frozenset("ACGT")
_BUILDS = ("GRCh37", "GRCh38")
_UNKNOWN = frozenset(("", "unknown function", "uncertain function"))
_INDETERMINATE = "Indeterminate"
#: Actions that contradict each other for the same people.
_OPPOSITES = ({"avoid", "standard"}, {"avoid", "increase"}, {"reduce", "increase"}, {"alternative", "standard"})


@dataclass(frozen=True, slots=True)
class _Variant:
    chrom: str
    pos: int
    ref: str
    alt: str


@dataclass(frozen=True, slots=True)
class _Allele:
    gene: str
    name: str
    function: str
    activity: str | None
    variants: frozenset[_Variant]


def read_facts(path: str | Path) -> Pack:
    """Return a pack of your own pharmacogenomic facts from a JSON file.

    Parameters
    ----------
    path : path
        JSON object with the keys ``source``, ``release`` (begins with its date), ``build``, ``alleles`` (``gene``,
        ``allele``, ``function``, ``activity``, and ``variants`` with ``chrom``, ``pos``, ``ref``, ``alt``; the
        reference allele has none) and ``recommendations`` (``drug``, ``gene``, ``phenotype``, ``text``, ``strength``).

    Returns
    -------
    Pack
        Pack with the genes of the file only, for ``gx.pgx.call(..., pack=pack)``.  Its ``findings()`` name opposite
        recommendations, phenotypes that are in no table, and a release older than three years.

    Raises
    ------
    PackError
        ``facts-release``, ``facts-conflict``, ``ref-equals-alt``, ``assembly``, ``reference-allele-count``,
        ``facts-format``; and ``json``, ``json-key-twice``, ``json-number``, ``json-depth`` for invalid JSON.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = Path(tempfile.mkdtemp())
    >>> import json
    >>> site = {"chrom": "chr10", "pos": 94781859, "ref": "G", "alt": "A"}
    >>> normal = {"gene": "CYP2C19", "allele": "*1", "function": "Normal function", "variants": []}
    >>> none = {"gene": "CYP2C19", "allele": "*2", "function": "No function", "variants": [site]}
    >>> facts = {"source": "Hospital", "release": "2026-06-01", "build": "GRCh38", "alleles": [normal, none]}
    >>> facts["recommendations"] = []
    >>> _ = (folder / "facts.json").write_text(json.dumps(facts))
    >>> sorted(read_facts(folder / "facts.json").genes)
    ['CYP2C19']
    """
    file = Path(path)
    reader = _Reader(file, parse_json(PACK_FILE.read_bytes(file), file))
    return reader.pack()


class _Reader:
    """Builder of a pack from one file; every error names its place in the file."""

    def __init__(self, file: Path, content: Any) -> None:
        self.file = file
        if not isinstance(content, dict):
            raise self.fault("the file is not an object of facts", None)
        self.content = content
        self.shipped = default_pack()
        if not self._text(content, "release", ""):
            hint = 'such as "release": "2026-01-31"'
            raise self.fault("the facts name no release", "release", "facts-release", hint)
        self.release, self.source = self._text(content, "release", ""), self._text(content, "source", "")
        self.build = self._text(content, "build", "")
        if self.build not in _BUILDS:
            raise self.fault(f"build {shown(self.build)!r} is not GRCh37 or GRCh38", "build", "assembly")
        if not self.source:
            raise self.fault("the facts name no source", "source")

    def fault(self, reason: str, place: str | None, code: str = "facts-format", hint: str | None = None) -> PackError:
        return PackError(reason, file=self.file, place=place, hint=hint, code=code)

    def pack(self) -> Pack:
        alleles = self._alleles()
        genes = {gene: self._definition(gene, each) for gene, each in alleles.items()}
        tables = {gene: self._table(gene, each) for gene, each in alleles.items()}
        guidelines, doubts = self._guidelines(tables)
        return Pack(
            name=f"{self.source} (own facts)",
            release=self.release,
            guidance_release=self.release if guidelines else "",
            genes=genes,
            phenotypes={gene: table for gene, table in tables.items() if table is not None},
            guidelines=guidelines,
            attribution=(self.source,),
            sources={self.file.name: file_digest(self.file)},
            doubts=tuple(doubts),
        )

    # -- cells

    def _text(self, of: dict[str, Any], name: str, place: str) -> str:
        value = of.get(name)
        if value is None:
            return ""
        if not isinstance(value, str) or isinstance(value, Number):
            raise self.fault(f"{name} is not text", f"{place}.{name}".lstrip("."))
        return value.strip()

    def _needed(self, of: dict[str, Any], name: str, place: str) -> str:
        found = self._text(of, name, place)
        if not found:
            raise self.fault(f"{name} is needed", f"{place}.{name}")
        return found

    def _list(self, of: dict[str, Any], name: str, place: str = "") -> list[dict[str, Any]]:
        value = of.get(name)
        value = [] if value is None else value
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            raise self.fault(f"{name} is not a list of objects", f"{place}.{name}".lstrip("."))
        return value

    # -- alleles

    def _alleles(self) -> dict[str, dict[str, _Allele]]:
        found: dict[str, dict[str, _Allele]] = {}
        for number, each in enumerate(self._list(self.content, "alleles")):
            place = f"alleles[{number}]"
            made = self._allele(each, place)
            held = found.setdefault(made.gene, {})
            if held.setdefault(made.name, made) != made:
                reason = f"{shown(made.gene)} {shown(made.name)} appears twice and differs"
                raise self.fault(reason, place, "facts-conflict")
        for gene, held in found.items():
            references = [allele.name for allele in held.values() if not allele.variants]
            if len(references) != 1:
                reason = f"{len(references)} alleles of {gene} have no variants; exactly one must, the reference"
                raise self.fault(reason, "alleles", "reference-allele-count")
        return found

    def _allele(self, each: dict[str, Any], place: str) -> _Allele:
        gene = self._needed(each, "gene", place)
        if gene not in self.shipped.genes:
            hint = f"known genes are: {', '.join(self.shipped.genes)}"
            raise self.fault(f"{shown(gene)} is not a gene of the shipped pack", f"{place}.gene", hint=hint)
        listed = self._list(each, "variants", place)
        variants = [self._variant(one, gene, f"{place}.variants[{at}]") for at, one in enumerate(listed)]
        return _Allele(
            gene=gene,
            name=self._needed(each, "allele", place),
            function=self._text(each, "function", place),
            activity=self._activity(each.get("activity"), place),
            variants=frozenset(variants),
        )

    def _activity(self, value: Any, place: str) -> str | None:
        if value is None or value == "":
            return None
        if isinstance(value, str) and value.strip().lower() in ("n/a", "na"):
            return None
        number = decimal_number(str(value).strip())
        if number is None:
            raise self.fault("activity is not a number", f"{place}.activity")
        return str(number)

    def _variant(self, each: dict[str, Any], gene: str, place: str) -> _Variant:
        from genorx.variants.assembly import with_chr  # imports pandas: only when facts are read

        chrom = self._needed(each, "chrom", place)
        ref, alt = (self._needed(each, name, place).upper() for name in ("ref", "alt"))
        position = each.get("pos")
        if not isinstance(position, Number) or not str(position).isdigit():
            raise self.fault("pos is not an integer", f"{place}.pos")
        if not (set(ref) <= _BASES and set(alt) <= _BASES):
            raise self.fault("ref and alt must be bases A, C, G, T", place)
        if ref == alt:
            raise self.fault(f"REF and ALT are both {shown(ref)}", place, "ref-equals-alt")
        made = _Variant(with_chr(chrom), int(position), ref, alt)
        self._check_place(made, gene, place)
        return made

    def _check_place(self, variant: _Variant, gene: str, place: str) -> None:
        """Raise an error for a position outside the gene, or a REF that differs from the shipped pack's."""
        definition = self.shipped.genes[gene]
        known = [(pos, ref) for each in definition.positions if (pos := self._pos(each)) and (ref := self._ref(each))]
        span = [pos for pos, _ in known]
        if variant.chrom != definition.chrom or not min(span) <= variant.pos <= max(span):
            reason = f"{variant.chrom}:{variant.pos} is outside of {gene} on {self.build} ({min(span)} to {max(span)})"
            raise self.fault(reason, place, "assembly", "is build the right one?")
        bases = {pos + at: base for pos, ref in known for at, base in enumerate(ref)}
        for at, base in enumerate(variant.ref):
            if bases.get(variant.pos + at, base) != base:
                reason = f"REF at {variant.chrom}:{variant.pos + at} is {bases[variant.pos + at]}, not {base}"
                raise self.fault(reason, place, "assembly", "is build the right one?")

    def _pos(self, each: Position) -> int | None:
        return each.pos if self.build == "GRCh38" else each.pos37

    def _ref(self, each: Position) -> str | None:
        return each.ref if self.build == "GRCh38" else each.ref37 or each.ref

    # -- definitions

    def _definition(self, gene: str, alleles: dict[str, _Allele]) -> GeneDefinition:
        shipped = self.shipped.genes[gene]
        sites: dict[int, Position] = {}
        for allele in alleles.values():
            for variant in sorted(allele.variants, key=lambda each: (each.pos, each.alt)):
                made = self._position(variant, shipped)
                known = sites.get(made.pos)
                if known is not None and known.ref != made.ref:
                    reason = f"{variant.chrom}:{variant.pos} has two reference alleles"
                    raise self.fault(reason, "alleles", "facts-conflict")
                alts = made.alts if known is None else tuple(dict.fromkeys((*known.alts, *made.alts)))
                sites[made.pos] = replace(made, alts=alts, hgvs=())
        positions = tuple(sites[pos] for pos in sorted(sites))
        index = {each.pos: number for number, each in enumerate(positions)}
        named = [self._named(allele, index, positions, shipped) for allele in alleles.values()]
        return GeneDefinition(
            gene=gene, chrom=shipped.chrom, version=self.release, positions=positions, alleles=tuple(named)
        )

    def _position(self, variant: _Variant, shipped: GeneDefinition) -> Position:
        known = next((each for each in shipped.positions if self._pos(each) == variant.pos), None)
        if self.build == "GRCh38":
            same = known if known is not None and known.ref == variant.ref else None
            return Position(
                chrom=shipped.chrom,
                pos=variant.pos,
                ref=variant.ref,
                alts=(variant.alt,),
                rsid=None if same is None else same.rsid,
                pos37=None if same is None else same.pos37,
                ref37=None if same is None else same.ref37,
            )
        if known is None or known.ref != variant.ref:
            reason = f"the position of {variant.chrom}:{variant.pos} on GRCh38 is not in the shipped pack"
            raise self.fault(reason, "alleles", "assembly", "give the facts on GRCh38")
        return replace(known, alts=(variant.alt,))

    def _named(
        self, allele: _Allele, index: dict[int, int], positions: tuple[Position, ...], shipped: GeneDefinition
    ) -> NamedAllele:
        if not allele.variants:
            bases = {number: each.ref for number, each in enumerate(positions)}
            return NamedAllele(name=allele.name, bases=bases, reference=True)
        bases = {index[self._position(each, shipped).pos]: each.alt for each in allele.variants}
        if len(bases) < len(allele.variants):
            reason = f"{shown(allele.gene)} {shown(allele.name)} has two bases at one position"
            raise self.fault(reason, "alleles", "facts-conflict")
        return NamedAllele(name=allele.name, bases=bases)

    # -- phenotypes

    def _table(self, gene: str, alleles: dict[str, _Allele]) -> PhenotypeTable | None:
        shipped = self.shipped.phenotypes.get(gene)
        if shipped is None:
            return None
        classes: dict[str, int] = {}
        unknown: list[str] = []
        for allele in alleles.values():
            found = None if allele.function.lower() in _UNKNOWN else _class_of(allele, shipped)
            if found is None:
                unknown.append(allele.name)
            else:
                classes[allele.name] = found
        functions = {
            each.name: AlleleFunction(function=each.function or None, activity=each.activity)
            for each in alleles.values()
        }
        return PhenotypeTable(
            gene=gene,
            version=self.release,
            alleles=functions,
            classes=classes,
            pairs=shipped.pairs,
            exceptions=_indeterminate(unknown, alleles, activity=shipped.activity),
        )

    # -- recommendations

    def _guidelines(self, tables: dict[str, PhenotypeTable | None]) -> tuple[tuple[Guideline, ...], list[Finding]]:
        rows: dict[tuple[str, str], list[GuidanceRow]] = {}
        recommended: dict[tuple[str, str, str], set[str]] = {}
        doubts: list[Finding] = []
        for number, each in enumerate(self._list(self.content, "recommendations")):
            place = f"recommendations[{number}]"
            drug, gene, phenotype = (self._needed(each, name, place) for name in ("drug", "gene", "phenotype"))
            drug = drug.lower()
            row = self._row(each, place, (drug, gene, phenotype), tables.get(gene) or self.shipped.phenotypes.get(gene))
            rows.setdefault((drug, gene), []).append(row)
            recommended.setdefault((drug, gene, phenotype), set()).add(row.action)
            if not self._is_known(gene, phenotype, tables):
                text = f"{gene} {shown(phenotype)} is a phenotype in no table: the recommendation never applies"
                doubts.append(Finding(code="unknown-phenotype-term", severity="warning", message=text, place=place))
        for (drug, gene, phenotype), actions in recommended.items():
            if any(pair <= actions for pair in _OPPOSITES):
                text = (
                    f"{shown(drug)} and {gene} {shown(phenotype)}: {' and '.join(sorted(actions))} are both recommended"
                )
                doubts.append(Finding(code="opposite-rows", severity="serious", message=text, place="recommendations"))
        made = [
            Guideline(
                id=f"{self.source}: {drug}, {gene}",
                source=self.source,
                genes=(gene,),
                drugs=(drug,),
                rows=tuple(listed),
                date=self.release[:10],
            )
            for (drug, gene), listed in rows.items()
        ]
        return tuple(made), doubts

    def _row(
        self, each: dict[str, Any], place: str, about: tuple[str, str, str], table: PhenotypeTable | None
    ) -> GuidanceRow:
        drug, gene, phenotype = about
        text, strength = self._needed(each, "text", place), self._text(each, "strength", place) or None
        keys = [phenotype] if table is None else [*table.scores_of(phenotype)] or [phenotype]
        change = dose_change_of(text)
        return GuidanceRow(
            id=place,
            drugs=(drug,),
            population="general",
            classification=strength,
            keys=tuple({gene: key} for key in keys),
            action=action_of(text, strength, changes_dose=change is not None),
            dose_change_pct=change,
            dosing=change is not None,
            text=text,
        )

    def _is_known(self, gene: str, phenotype: str, tables: dict[str, PhenotypeTable | None]) -> bool:
        table = tables.get(gene) or self.shipped.phenotypes.get(gene)
        return table is not None and phenotype in {*table.phenotypes, _INDETERMINATE}


def _class_of(allele: _Allele, shipped: PhenotypeTable) -> int | None:
    """Return the class of the shipped alleles with the same function and activity; None unless it is unique."""
    function = allele.function.lower()
    same = {
        shipped.classes[name]
        for name, each in shipped.alleles.items()
        if name in shipped.classes
        and (each.function or "").lower() == function
        and (allele.activity is None or each.activity is None or each.activity == allele.activity)
    }
    return next(iter(same)) if len(same) == 1 else None


def _indeterminate(
    unknown: Iterable[str], alleles: Iterable[str], *, activity: bool
) -> dict[tuple[str, ...], Meaning | None]:
    """Return the indeterminate meaning of every pair, and of the single allele, with an unknown function."""
    meaning = Meaning(phenotype=_INDETERMINATE, score="n/a" if activity else None, key=_INDETERMINATE)
    names = list(alleles)
    made: dict[tuple[str, ...], Meaning | None] = {}
    for one in unknown:
        made[(one,)] = meaning
        made |= {tuple(sorted((one, other))): meaning for other in names}
    return made
