"""Matching of evidence with a tumour: every row of a table against the alterations and the tumour type.

Ranking the therapies of the hits is ``oncology.therapies``; why a row is no hit is ``oncology.explain``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from genorx.errors import Finding, shown
from genorx.knowledge.staleness import stale_knowledge
from genorx.oncology.alteration import Alteration
from genorx.oncology.alteration_input import as_alterations
from genorx.oncology.alteration_set import AlterationSet
from genorx.oncology.comparison import GENE
from genorx.oncology.disease import Disease, DiseaseRelation, find_disease, relate
from genorx.oncology.evidence_index import EvidenceIndex, evidence_index
from genorx.oncology.gene_facts import PHARMACOGENES, TUMOUR_SUPPRESSORS
from genorx.oncology.gene_spelling import TYPED, slips
from genorx.oncology.hit import Hit, Hits
from genorx.oncology.pack import default_evidence
from genorx.oncology.predicate import AtomMatch, Findings
from genorx.oncology.profile import Predicate
from genorx.oncology.record import EvidenceRecord
from genorx.oncology.table import EvidenceTable, stack
from genorx.oncology.tier import check_scheme, level_letter, option_tier, resistance_tier, tier_rank
from genorx.oncology.vocabulary import vocabulary

_NO_DISEASE = DiseaseRelation(relation="not_stated", lineage_agrees=True, path="no tumour type was given")
#: Receptors of breast cancer by the gene of a stated result ("HER2-positive").
_RECEPTORS = {"ERBB2": "HER2", "HER2": "HER2", "ESR1": "ER", "ER": "ER", "PGR": "PR", "PR": "PR"}


def match(
    alterations: object,
    disease: str | Disease | None = None,
    evidence: EvidenceTable | Sequence[EvidenceTable] | None = None,
    *,
    assessed: Iterable[str] = (),
    receptors: Mapping[str, str] | None = None,
    scheme: str = "amp",
    evidence_types: Iterable[str] | None = None,
) -> Hits:
    """Return the evidence rows that match a tumour.

    Parameters
    ----------
    alterations : list of str, dict or Alteration
        ``"BRAF V600E"``, ``"EML4::ALK"``, ``"ERBB2 amplification"``, ``"MSI high"``; dictionaries in the shape of an
        atom; or the result of ``read_alterations``, whose findings are added to those of the hits.
    disease : str or Disease, optional
        Tumour type as OncoTree code, DOID, NCIt code or name.  Without it no row has a tier.
    evidence : EvidenceTable or list of them, optional
        A list is stacked, later tables on top of earlier ones.  The default is the embedded evidence.
    assessed : iterable of str
        Genes covered by the test (its panel).  Rows on wild type or NOT match only assessed genes: an alteration that
        was not tested for is not absent.  By default none.
    receptors : mapping of receptor to status, optional
        ``{"HER2": "positive", "ER": "negative"}``; an ERBB2 amplification among the alterations implies HER2 positive.
    scheme : {"amp", "amp-pcgr"}
        Rule of the tiers: AMP/ASCO/CAP (default), or the variant of PCGR.
    evidence_types : iterable of str, optional
        Types of evidence to match, such as ``"predictive"``; by default all.

    Returns
    -------
    Hits
        Matching rows, best first: by tier, rating, number of independent citations, newest review, id.

    Raises
    ------
    UsageError
        If the scheme is unknown.
    InputError
        ``alteration``, ``atom-type``, ``atom-key`` or ``atom`` if an alteration cannot be parsed.

    Examples
    --------
    >>> hits = match(["BRAF V600E"], disease="MEL")
    >>> best = hits[0]
    >>> best.tier, best.exact
    ('I-A', True)
    """
    check_scheme(scheme)
    table = _table(evidence)
    facts = as_alterations(alterations)
    reading = alterations if isinstance(alterations, AlterationSet) else None
    tumour = _tumour(disease)
    index = evidence_index(table)
    genes = frozenset(gene.upper() for gene in assessed)
    held = Findings(facts=facts, assessed=genes, hotspots=index.hotspots)
    requested = None if evidence_types is None else frozenset(evidence_types)
    job = _Job(
        held=held,
        tumour=tumour,
        scheme=scheme,
        receptors=_receptors(receptors, facts),
        index=index,
        requested=requested,
    )
    for number in index.candidates({*held.by_key, *genes}):
        job.take(*index.groups[number])
    return Hits(
        sorted(job.hits, key=lambda hit: hit_order(hit, index.citations)),
        alterations=facts,
        disease=tumour,
        evidence=table,
        scheme=scheme,
        assessed=genes,
        left_out=job.left_out,
        pending=job.pending,
        findings=[
            *(() if reading is None else reading.findings),
            *_findings(facts, tumour, job.hits, index.codons),
            *(slips(facts, index) if reading is None or reading.kind in TYPED else ()),
            *_stale(table),
        ],
        reading=reading,
    )


def hit_order(hit: Hit, citations: Mapping[str, int] | None = None) -> tuple[object, ...]:
    """Return the sort key of a hit: tier, rating, number of independent citations, newest review, id.

    Rows without a tier come last, the best match first.
    """
    record = hit.record
    newest = tuple(-ord(c) for c in record.reviewed or "0")
    count = (citations or {}).get(record.evidence_id, 1)
    fit = (0, 0) if hit.tier else (-int(hit.exact), -hit.strength)
    return (tier_rank(hit.tier), *fit, -(record.rating or 0), -count, newest, record.evidence_id)


def _table(evidence: EvidenceTable | Sequence[EvidenceTable] | None) -> EvidenceTable:
    if evidence is None:
        return default_evidence()
    return evidence if isinstance(evidence, EvidenceTable) else stack(*evidence)


def _tumour(disease: str | Disease | None) -> Disease | None:
    return find_disease(disease) if isinstance(disease, str) else disease


def _receptors(given: Mapping[str, str] | None, facts: list[Alteration]) -> frozenset[tuple[str, str]]:
    found = {name.upper(): status.lower() for name, status in (given or {}).items()}
    if any(
        fact.atom.type == "copy_number" and fact.genes == ("ERBB2",) and fact.atom.call == "amplification"
        for fact in facts
    ):
        found.setdefault("HER2", "positive")
    for fact in facts:
        name, state = _RECEPTORS.get((fact.atom.gene or "").upper()), (fact.atom.text or "").casefold()
        if name and fact.atom.type == "expression" and state in ("positive", "negative"):
            found.setdefault(name, state)
    return frozenset(found.items())


@lru_cache(maxsize=65536)
def _relation(
    query: str, disease_id: str | None, label: str | None, scope: str, receptors: frozenset[tuple[str, str]]
) -> DiseaseRelation:
    patient = find_disease(query)
    return relate(patient, disease_id=disease_id, label=label, scope=scope, receptors=receptors)


class _Job:
    """State of one call to ``match``."""

    def __init__(
        self,
        *,
        held: Findings,
        tumour: Disease | None,
        scheme: str,
        receptors: frozenset[tuple[str, str]],
        index: EvidenceIndex,
        requested: frozenset[str] | None,
    ) -> None:
        self.held, self.tumour, self.scheme, self.index, self.requested = held, tumour, scheme, index, requested
        self.receptors = receptors
        self.hits: list[Hit] = []
        self.left_out: dict[str, str] = {}
        self.pending: dict[str, str] = {}

    def take(self, predicate: Predicate, records: list[EvidenceRecord]) -> None:
        """Turn the rows of a predicate into hits, if it matches."""
        matches = self.held.match(predicate)
        if matches is None:
            if missing := self.held.unassessed(predicate):
                labels = ", ".join(atom.label for atom in missing)
                self.pending.update({record.evidence_id: labels for record in records})
            return
        for record in records:
            if self.requested is not None and record.evidence_type not in self.requested:
                continue
            reason, notes, extrapolated = _origin(record, matches)
            if reason:
                self.left_out[record.evidence_id] = reason
            else:
                self.hits.append(self._hit(record, matches, notes, extrapolated))

    def _hit(
        self, record: EvidenceRecord, matches: tuple[AtomMatch, ...], notes: tuple[str, ...], extrapolated: bool
    ) -> Hit:
        relation = self._relation(record)
        strength = min(match.strength for match in matches)
        letter = level_letter(record.level_scheme, record.level)
        tier, note = self._tier(record, matches, relation, letter)
        if extrapolated and tier is not None and not tier.startswith("R"):
            tier, note = "III", "somatic change, germline evidence: an extrapolation, tier III at most"
        more = tuple(dict.fromkeys(note for fact in (m.alteration for m in matches) if fact for note in fact.notes))
        return Hit(
            record=record,
            matches=matches,
            disease=relation,
            tier=tier,
            letter=letter,
            strength=strength,
            exact=all(match.exact for match in matches) and not extrapolated,
            notes=notes + more,
            tier_note=note,
        )

    def _relation(self, record: EvidenceRecord) -> DiseaseRelation:
        if self.tumour is None:
            return _NO_DISEASE
        return _relation(
            self.tumour.query, record.disease_id, record.disease_label, record.disease_scope, self.receptors
        )

    def _tier(
        self, record: EvidenceRecord, matches: tuple[AtomMatch, ...], relation: DiseaseRelation, letter: str | None
    ) -> tuple[str | None, str]:
        """Return the tier, or None, and its note."""
        barred = _barred(record, relation, letter)
        if barred:
            return None, barred
        limit = self._limit(matches)
        if record.effect == "reduced_sensitivity":
            return "R-III", "reduced sensitivity is a weak warning: it excludes nothing"
        if limit:
            return ("R-III" if record.effect == "resistance" else "III"), limit
        if record.effect == "resistance":
            return resistance_tier(letter, relation), ""
        citations = self.index.citations.get(record.evidence_id, 1)
        tier = option_tier(letter, relation, scheme=self.scheme, citations=citations)
        return tier, "" if relation.lineage_agrees else "solid and blood evidence are not mixed: tier III at most"

    def _limit(self, matches: tuple[AtomMatch, ...]) -> str:
        """Return why a match cannot have a tier above III, or empty text."""
        if any(match.other_transcript for match in matches):
            return "the change is on another transcript and its place does not confirm it: tier III at most"
        weak = min(match.strength for match in matches) == GENE and not all(self._defining(match) for match in matches)
        return "gene-level match of a change not known to matter: tier III at most" if weak else ""

    def _defining(self, match: AtomMatch) -> bool:
        """Return whether a gene-level match is by a change of known effect."""
        fact = match.alteration
        if match.strength > GENE or fact is None:
            return True
        if fact.all_classes & {"oncogenic", "gain_of_function", "pathogenic"}:
            return True
        gene = (fact.atom.gene or "").upper()
        if fact.loss_of_function:
            return gene in TUMOUR_SUPPRESSORS
        return self.held.is_hotspot(fact)


def _barred(record: EvidenceRecord, relation: DiseaseRelation, letter: str | None) -> str:
    """Return why a row cannot define a tier, or empty text."""
    if "flagged" in record.flags:
        return "the source has flagged the row"
    if record.direction != "supports":
        return (
            "the row does not support its effect" if record.direction == "does_not_support" else "direction not stated"
        )
    if record.effect == "adverse" or _is_pharmacogenetic(record):
        return "a safety note on drug metabolism, not a target"
    if letter is None:
        return f"level {record.level} is not on a known scale"
    if relation.relation in ("unmapped", "not_stated"):
        return relation.path
    return ""


def _is_pharmacogenetic(record: EvidenceRecord) -> bool:
    return any(atom.type == "star_allele" or (atom.gene or "").upper() in PHARMACOGENES for atom in record.atoms)


def _origin(record: EvidenceRecord, matches: tuple[AtomMatch, ...]) -> tuple[str, tuple[str, ...], bool]:
    """Return (reason of exclusion, notes, whether it is an extrapolation) by germline or somatic origin."""
    facts = [match.alteration for match in matches if match.alteration is not None and not match.atom.negated]
    origins = {fact.origin for fact in facts}
    if record.origin == "either":
        return "", ("the evidence does not say whether the change is somatic",) if origins - {None} else (), False
    if origins <= {None, record.origin}:
        unsaid = None in origins and record.origin == "germline"
        return "", ("evidence on a germline change; the origin of this one is not stated",) if unsaid else (), False
    if record.origin == "germline" and all(fact.loss_of_function for fact in facts):
        return "", ("evidence on a germline change, this one is somatic: an extrapolation",), True
    return (
        f"the row is on {record.origin} changes, this one is {'germline' if record.origin == 'somatic' else 'somatic'}",
        (),
        False,
    )


def _findings(
    facts: list[Alteration], tumour: Disease | None, hits: Sequence[Hit], codons: frozenset[tuple[str, int | None]]
) -> list[Finding]:
    return [*_of_tumour(tumour), *_of_facts(facts, hits), *_stops(facts, codons)]


def _stale(table: EvidenceTable) -> list[Finding]:
    return [
        each for layer in table.layers for each in stale_knowledge(str(layer.get("name")), [str(layer.get("release"))])
    ]


def _stops(facts: list[Alteration], codons: frozenset[tuple[str, int | None]]) -> list[Finding]:
    """Report stop changes at residues with evidence on substitutions: an X may have meant any residue."""
    found = []
    for fact in facts:
        change, gene = fact.change, (fact.atom.gene or "").upper()
        stop = change is not None and change.kind == "substitution" and change.new == "*" and fact.place is None
        if stop and change is not None and (gene, change.start) in codons and gene not in TUMOUR_SUPPRESSORS:
            text = f"{shown(fact.label)} is read as a stop; for any change of the residue write {gene} {change.first}"
            message = f"{text}{change.start}"
            found.append(Finding(code="alteration-ambiguous", severity="warning", message=message))
    return found


def _of_tumour(tumour: Disease | None) -> list[Finding]:
    found = []
    if tumour is not None and not tumour:
        near = vocabulary().near(tumour.query)
        text = f"tumour type {shown(tumour.query)} is not known: hits are shown without tier"
        text += f"; perhaps {', '.join(near)}" if near else ""
        found.append(Finding(code="tumour-type-unknown", severity="serious", message=text))
    elif tumour is not None and tumour.ambiguous:
        names = ", ".join(each.code or each.doids[0] for each in tumour.candidates)
        text = f"tumour type {shown(tumour.query)} is ambiguous: one of {names}; name the one that is meant"
        found.append(Finding(code="tumour-type-ambiguous", severity="warning", message=text))
    if tumour is not None and tumour.how == "code" and (codes := vocabulary().studies.get(tumour.query.upper())):
        text = f"{shown(tumour.query)} is read as an OncoTree code; the study TCGA-{tumour.query.upper()} holds "
        text += f"{', '.join(codes)}: write TCGA-{tumour.query.upper()} for those"
        found.append(Finding(code="tumour-type-ambiguous", severity="warning", message=text))
    return found


def _of_facts(facts: list[Alteration], hits: Sequence[Hit]) -> list[Finding]:
    found = []
    marked = sum(not fact.accepted for fact in facts)
    if marked:
        text = f"alterations rejected by a FILTER value of the file, which are not matched: {marked}"
        found.append(Finding(code="alterations-filtered", severity="info", message=text))
    empty = [f for f in facts if f.atom.type == "protein" and f.change is None and not f.other_changes]
    if empty:
        text = f"protein changes that are empty or cannot be parsed, which match nothing: {len(empty)}"
        found.append(Finding(code="protein-change-unreadable", severity="warning", message=text))
    met = {id(fact) for hit in hits for fact in hit.alterations}
    strange = [each for each in facts if each.atom.type == "opaque" and not each.details and id(each) not in met]
    if strange:
        names = ", ".join(shown(fact.label) for fact in strange[:3])
        text = f"alterations in no known form, which match nothing: {len(strange)}, such as {names}"
        found.append(Finding(code="alteration-not-understood", severity="warning", message=text))
    return found
