"""Evaluation of an evidence row's predicate on the facts of a tumour.

A single atom of a conjunction is no match; NOT and wild type require that the gene was assessed.  Comparison of one
atom with one fact is ``comparison``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from genorx.oncology.alteration import Alteration
from genorx.oncology.comparison import CLASS, compare, keys_of
from genorx.oncology.criteria import Atom
from genorx.oncology.profile import Predicate

#: Rearrangements within a gene that are known to matter where evidence names them for that gene.
NAMED_REARRANGEMENTS = (Atom(type="itd", name="ITD"), Atom(type="named_deletion", name="vIII"))
#: Types of atoms that a list of mutations, copy numbers and fusions cannot settle.
UNMEASURED = frozenset({"expression", "loh", "transcript_variant", "signature"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AtomMatch:
    """One atom of a row with its matching alteration (None if matched by absence).

    ``other_transcript`` is True if only another transcript has the change and the genomic position does not confirm it.
    """

    atom: Atom
    alteration: Alteration | None
    strength: int
    exact: bool
    note: str = ""
    other_transcript: bool = False

    def to_dict(self) -> dict[str, object]:
        """Return the match as plain values."""
        fact = self.alteration
        return {
            "atom": self.atom.to_dict(),
            "alteration": fact.label if fact else None,
            "place": fact.place if fact else None,
            "transcript": fact.details.get("transcript") if fact else None,
            "strength": self.strength,
            "exact": self.exact,
            "note": self.note,
        }


@dataclass(kw_only=True)
class Findings:
    """Facts of one tumour by gene, with the assessed genes."""

    facts: list[Alteration]
    assessed: frozenset[str] = frozenset()
    hotspots: frozenset[tuple[str, int | str]] = frozenset()
    by_key: dict[str, list[Alteration]] = field(init=False)
    _memo: dict[int, tuple[Atom, AtomMatch | None]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.by_key = {}
        for fact in self.facts:
            if not fact.accepted:
                continue
            for key in keys_of(fact.atom):
                self.by_key.setdefault(key, []).append(fact)

    def is_hotspot(self, fact: Alteration) -> bool:
        """Return whether evidence names the residue of a fact, or its rearrangement."""
        gene = (fact.atom.gene or "").upper()
        position = fact.change.start if fact.change is not None else fact.atom.position
        if position and (gene, position) in self.hotspots:
            return True
        named = (atom for atom in NAMED_REARRANGEMENTS if (gene, atom.name) in self.hotspots)
        return any(compare(replace(atom, gene=gene), fact) is not None for atom in named)

    def match_atom(self, atom: Atom) -> AtomMatch | None:
        """Return the match of an atom, or None."""
        held = self._memo.get(id(atom))  # by identity: hashing an atom costs more than most comparisons
        if held is None:
            held = self._memo[id(atom)] = (atom, self._denied(atom) if atom.negated else self._best(atom))
        return held[1]

    def _best(self, atom: Atom) -> AtomMatch | None:
        best: AtomMatch | None = None
        for key in keys_of(atom):
            for fact in self.by_key.get(key, ()):
                if fact.atom.negated:
                    continue
                met = compare(atom, fact, hotspot=atom.type == "gene_class" and self.is_hotspot(fact))
                if met is not None and (best is None or (met.exact, met.strength) > (best.exact, best.strength)):
                    best = AtomMatch(
                        atom=atom, alteration=fact, strength=met.strength, exact=met.exact, note=met.note,
                        other_transcript=met.other_transcript,
                    )  # fmt: skip
        if best is None and atom.type == "wildtype":
            return self._wild_type(atom)
        return best

    def _wild_type(self, atom: Atom) -> AtomMatch | None:
        gene = (atom.gene or "").upper()
        if gene not in self.assessed:
            return None
        if any(fact.non_silent and not fact.atom.negated for fact in self.by_key.get(gene, ())):
            return None
        return AtomMatch(
            atom=atom, alteration=None, strength=CLASS, exact=True, note=f"{gene} assessed, no change found"
        )

    def _denied(self, atom: Atom) -> AtomMatch | None:
        """Return the match of a negated atom: by a stated absence, or by an assessed gene without the alteration."""
        inner = _undenied(atom)
        for key in keys_of(atom):
            for fact in self.by_key.get(key, ()):
                if fact.atom == atom or _says_wild_type(fact, inner):
                    return AtomMatch(atom=atom, alteration=fact, strength=CLASS, exact=True, note="stated to be absent")
        keys = keys_of(atom)
        if not keys or not set(keys) & self.assessed or self._best(inner) is not None:
            return None
        note = f"{', '.join(keys)} assessed, {inner.label} not found"
        return AtomMatch(atom=atom, alteration=None, strength=CLASS, exact=True, note=note)

    def match(self, predicate: Predicate) -> tuple[AtomMatch, ...] | None:
        """Return the matches of the best alternative whose atoms all hold, or None."""
        best: tuple[AtomMatch, ...] | None = None
        for alternative in predicate:
            found = self._conjunction(alternative)
            if found is not None and (best is None or _rank(found) > _rank(best)):
                best = found
        return best

    def unassessed(self, predicate: Predicate) -> tuple[Atom, ...]:
        """Return the unassessed atoms that alone prevent a match; empty if anything else is missing.

        At least one atom of the alternative must be met.
        """
        for alternative in predicate:
            missing = tuple(atom for atom in alternative if self.match_atom(atom) is None)
            if 0 < len(missing) < len(alternative) and not any(self._known(atom) for atom in missing):
                return missing
        return ()

    def _known(self, atom: Atom) -> bool:
        """Return whether an atom was assessed, or is of a kind that would have been reported."""
        keys = keys_of(atom)
        if set(keys) & self.assessed:
            return True
        if atom.negated or atom.type == "wildtype":
            return any(key in self.by_key for key in keys)
        return atom.type not in UNMEASURED or any(
            f.atom.type == atom.type for k in keys for f in self.by_key.get(k, ())
        )

    def _conjunction(self, atoms: Iterable[Atom]) -> tuple[AtomMatch, ...] | None:
        found = []
        for atom in atoms:
            match = self.match_atom(atom)
            if match is None:
                return None
            found.append(match)
        return tuple(found)


def _rank(matches: tuple[AtomMatch, ...]) -> tuple[bool, int, int]:
    return all(match.exact for match in matches), min(match.strength for match in matches), len(matches)


def _undenied(atom: Atom) -> Atom:
    return Atom.from_dict({**atom.to_dict(), "negated": False})


def _says_wild_type(fact: Alteration, inner: Atom) -> bool:
    return fact.atom.type == "wildtype" and inner.type in ("protein", "codon", "exon", "gene_class", "region", "itd")
