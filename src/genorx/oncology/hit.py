"""Hits: evidence rows that match a tumour, each with its atoms, strength, disease relation, tier and reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

from genorx._core.short_repr import short
from genorx.errors import Finding
from genorx.oncology.alteration import Alteration
from genorx.oncology.alteration_set import AlterationSet
from genorx.oncology.comparison import GENE
from genorx.oncology.disease import Disease, DiseaseRelation
from genorx.oncology.predicate import AtomMatch
from genorx.oncology.record import EvidenceRecord
from genorx.oncology.table import EvidenceTable

if TYPE_CHECKING:
    import pandas as pd

#: Match strengths in words.
STRENGTHS = {
    6: "exact genomic allele", 5: "exact protein change", 4: "place, call or both partners", 3: "class or one partner",
    2: "gene level", 1: "gene only",
}  # fmt: skip


@short
@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One matching evidence row.

    Attributes
    ----------
    record : EvidenceRecord
    matches : tuple of AtomMatch
        The atoms of the best-matching alternative, each with the alteration that meets it.
    disease : DiseaseRelation
        Relation of the row's disease to the patient's.
    tier : str or None
        Tier by the requested scheme; None if the row cannot define one (``tier_note`` gives the reason).
    letter : str or None
        The source's level on the scale A to E.
    strength : int
        Lowest strength among the atoms, 2 (gene level) to 6 (exact genomic allele).
    exact : bool
        Whether every atom is matched exactly.
    notes : tuple of str
        Caveats of the match and of its alterations.
    tier_note : str
        Reason why there is no tier, or no higher one; otherwise empty.
    """

    record: EvidenceRecord
    matches: tuple[AtomMatch, ...]
    disease: DiseaseRelation
    tier: str | None
    letter: str | None
    strength: int
    exact: bool
    notes: tuple[str, ...] = ()
    tier_note: str = ""

    @property
    def evidence_id(self) -> str:
        """Id of the evidence row."""
        return self.record.evidence_id

    @property
    def evidence_type(self) -> str:
        """Type of the evidence row."""
        return self.record.evidence_type

    @property
    def therapies(self) -> tuple[str, ...]:
        """Drugs of the row."""
        return self.record.therapies

    @property
    def therapy_logic(self) -> str:
        """How the drugs are combined: ``none``, ``single``, ``all``, ``any`` or ``sequence``."""
        return self.record.therapy_logic

    @property
    def direction(self) -> str:
        """Direction of the evidence: ``supports``, ``does_not_support`` or ``unstated``."""
        return self.record.direction

    @property
    def effect(self) -> str:
        """Effect stated by the row: sensitivity, resistance and so on."""
        return self.record.effect

    @property
    def level(self) -> str:
        """The source's own level."""
        return self.record.level

    @property
    def relation(self) -> str:
        """Relation of the row's disease to the patient's."""
        return self.disease.relation

    @property
    def gene_level(self) -> bool:
        """Whether the row matches only at the level of the gene ("any mutation")."""
        return self.strength == GENE

    @property
    def atoms(self) -> list[dict[str, object]]:
        """The atoms of the best-matching alternative, each with the alteration that meets it."""
        return [match.to_dict() for match in self.matches]

    @property
    def alterations(self) -> tuple[Alteration, ...]:
        """Alterations that match the row."""
        return tuple(match.alteration for match in self.matches if match.alteration is not None)

    @property
    def reason(self) -> str:
        """Reason of the match in words, never empty."""
        met = "; ".join(_atom_text(match) for match in self.matches)
        tier = f"tier {self.tier}" if self.tier else f"no tier ({self.tier_note})"
        words = [met, self.disease.path, f"level {self.level} of {self.record.level_scheme}: {tier}", *self.notes]
        if self.tier and self.tier_note:
            words.append(self.tier_note)
        return "; ".join(word for word in words if word)

    def __getitem__(self, name: str) -> Any:
        return self.to_dict()[name]

    def to_reference(self) -> dict[str, Any]:
        """Return a short reference to the hit, as used in options: evidence row, strength and disease relation."""
        return {
            "source": self.record.source,
            "release": self.record.release,
            "id": self.evidence_id,
            "tier": self.tier,
            "level": self.level,
            "level_scheme": self.record.level_scheme,
            "relation": self.relation,
            "disease_path": self.disease.path,
            "citations": list(self.record.citations),
            "direction": self.direction,
            "effect": self.effect,
            "strength": self.strength,
            "exact": self.exact,
        }

    def to_dict(self) -> dict[str, Any]:
        """Return the hit as plain values, ready for JSON."""
        record = self.record
        return {
            "evidence_id": record.evidence_id,
            "source": record.source,
            "release": record.release,
            "profile": record.profile_label,
            "evidence_type": record.evidence_type,
            "therapies": list(record.therapies),
            "therapy_logic": record.therapy_logic,
            "direction": record.direction,
            "effect": record.effect,
            "level": record.level,
            "level_scheme": record.level_scheme,
            "tier": self.tier,
            "relation": self.relation,
            "disease": record.disease_label,
            "disease_id": record.disease_id,
            "disease_path": self.disease.path,
            "strength": self.strength,
            "strength_text": STRENGTHS.get(self.strength, ""),
            "exact": self.exact,
            "gene_level": self.gene_level,
            "atoms": self.atoms,
            "origin": record.origin,
            "rating": record.rating,
            "citations": list(record.citations),
            "trials": list(record.trials),
            "flags": list(record.flags),
            "reviewed": record.reviewed,
            "reason": self.reason,
        }


def _atom_text(match: AtomMatch) -> str:
    by = match.alteration.label if match.alteration is not None else "absence"
    place = f" ({match.alteration.place})" if match.alteration is not None and match.alteration.place else ""
    note = f", {match.note}" if match.note else ""
    return f"{match.atom.label} is met by {by}{place}, {_strength_text(match)}{note}"


#: Names of the strengths 4 and 3 for some types of atoms.
_WORDS = {
    (4, "codon"): "residue", (4, "exon"): "exon", (4, "copy_number"): "copy-number call",
    (4, "fusion"): "both partners", (4, "signature"): "state of the marker", (4, "region"): "region",
    (4, "itd"): "internal tandem duplication",
    (3, "fusion"): "one partner", (3, "gene_class"): "functional class", (3, "wildtype"): "wild type",
}  # fmt: skip


def _strength_text(match: AtomMatch) -> str:
    return _WORDS.get((match.strength, match.atom.type)) or STRENGTHS.get(match.strength, "")


class Hits(Sequence[Hit]):
    """Hits of one tumour, best first, with the query.

    Attributes
    ----------
    alterations : list of Alteration
        The tumour's alterations.
    disease : Disease or None
        Tumour type; None if none was given.
    evidence : EvidenceTable
        The evidence that was searched.
    scheme : str
        Tier scheme, ``amp`` or ``amp-pcgr``.
    assessed : frozenset of str
        Assessed genes, in capitals.
    left_out : dict of evidence id to reason
        Rows whose atoms match but which are no hits, since the origin (germline, somatic) differs.
    pending : dict of evidence id to text
        Rows whose only unmet atoms were not assessed, with the labels of those atoms.
    findings : list of Finding
        Findings on the alterations, the tumour type and the evidence.
    reading : AlterationSet or None
        Alterations as read from the file; None if they do not come from one.
    """

    def __init__(
        self,
        hits: Sequence[Hit],
        *,
        alterations: list[Alteration],
        disease: Disease | None,
        evidence: EvidenceTable,
        scheme: str,
        assessed: frozenset[str],
        left_out: dict[str, str],
        findings: list[Finding],
        pending: dict[str, str] | None = None,
        reading: AlterationSet | None = None,
    ) -> None:
        self._hits = list(hits)
        self.alterations = alterations
        self.disease = disease
        self.evidence = evidence
        self.scheme = scheme
        self.assessed = assessed
        self.left_out = left_out
        self.pending = pending or {}
        self.findings = findings
        self.reading = reading

    @overload
    def __getitem__(self, index: int) -> Hit: ...
    @overload
    def __getitem__(self, index: slice) -> list[Hit]: ...
    def __getitem__(self, index: int | slice) -> Hit | list[Hit]:
        return self._hits[index]

    def __len__(self) -> int:
        return len(self._hits)

    def __iter__(self) -> Iterator[Hit]:
        return iter(self._hits)

    def __repr__(self) -> str:
        name = self.disease.query if self.disease else "no tumour type"
        return f"<Hits: {len(self)} rows for {len(self.alterations)} alterations, {name}>"

    def to_fhir(self, patient_id: str | None = None) -> dict[str, Any]:
        """Return alterations and evidence as a FHIR Bundle by the HL7 Genomics Reporting guide.

        ``patient_id`` is by default the sample of the file; a tumour without a name is the patient ``tumour``.
        """
        from genorx.interop.fhir_out import hits_bundle

        return hits_bundle([(patient_id, self)])

    def to_frame(self) -> pd.DataFrame:
        """Return a data frame with one row per hit, with columns as the keys of ``Hit.to_dict``."""
        import pandas as pd

        return pd.DataFrame([hit.to_dict() for hit in self._hits])
