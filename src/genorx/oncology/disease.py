"""Tumour types by code or name, and the relation of evidence on one disease to a patient with another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from typing import Any, Literal

from genorx._core.short_repr import short
from genorx.oncology.vocabulary import (
    BLOOD_CANCER,
    BLOOD_TISSUES,
    CANCER,
    Vocabulary,
    plain_name,
    vocabulary,
)

Relation = Literal[
    "exact", "ancestor", "pan_cancer", "descendant", "same_organ", "other", "unmapped", "not_stated",
]  # fmt: skip
Lineage = Literal["solid", "blood", "unknown"]
#: Terms as broad as "cancer", which do not make two patients' diseases the same.
_TOO_WIDE = frozenset({CANCER, BLOOD_CANCER, "DOID:305", "DOID:3119", "DOID:120", "DOID:0060083"})
#: Breast cancers named by receptor: the receptor, and the status that puts a patient's tumour among them.
RECEPTOR_SUBTYPES: dict[str, tuple[tuple[str, str], ...]] = {
    "DOID:0060079": (("HER2", "positive"),),
    "DOID:0060080": (("HER2", "negative"),),
    "DOID:0060075": (("ER", "positive"),),
    "DOID:0060076": (("ER", "negative"),),
    "DOID:0060077": (("PR", "positive"),),
    "DOID:0060078": (("PR", "negative"),),
    "DOID:0060081": (("ER", "negative"), ("PR", "negative"), ("HER2", "negative")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A possible tumour type of a code or name."""

    code: str | None
    name: str
    doids: tuple[str, ...]
    tissue: str | None


@short
@dataclass(frozen=True, kw_only=True)
class Disease:
    """Tumour types that a code or name may mean, with all their ancestors.

    Attributes
    ----------
    query : str
        The code or name that was looked up.
    codes : list of str
        OncoTree codes; several if the query is ambiguous.
    doids : list of str
        Equivalent ids of the Disease Ontology.
    nearest_doids : list of str
        ``doids``, or the ids of the nearest mapped ancestor where those are empty.
    doid_ancestors, code_ancestors : list of str
        Ancestors, the nearest first; in OncoTree up to the tissue.
    tissue : str or None
        OncoTree tissue; None if the candidates disagree or have none.
    candidates : tuple of Candidate
        The possible tumour types.
    ambiguous : bool
        Whether there is more than one candidate: a former code, or a name of several types.
    how : str
        How the query was found: ``code``, ``former code``, ``tcga``, ``name``, ``doid``, ``ncit``, ``synonym``,
        ``nothing``.
    """

    query: str
    codes: list[str]
    doids: list[str]
    nearest_doids: list[str]
    doid_ancestors: list[str]
    code_ancestors: list[str]
    tissue: str | None
    candidates: tuple[Candidate, ...]
    ambiguous: bool
    how: str

    def __bool__(self) -> bool:
        return bool(self.codes or self.doids)

    def __getitem__(self, name: str) -> Any:
        return self.to_dict()[name]

    def get(self, name: str, default: Any = None) -> Any:
        """Return an attribute by name, as with a dictionary."""
        return self.to_dict().get(name, default)

    def to_dict(self) -> dict[str, Any]:
        """Return the attributes as plain values."""
        found = asdict(self)
        found["candidates"] = [asdict(each) for each in self.candidates]
        return found

    @cached_property
    def reach(self) -> frozenset[str]:
        """DOIDs of the patient's disease and its ancestors, with curated edges; without overly broad terms."""
        book = vocabulary()
        found = set(self.nearest_doids)
        for doid in self.nearest_doids:
            found.update(book.doid_ancestors(doid, extended=True))
        for code in self.code_ancestors:
            found.update(book.nearest(code))
        return frozenset(found - _TOO_WIDE)

    @cached_property
    def lineage(self) -> Lineage:
        """``blood`` or ``solid``; ``unknown`` if the candidates disagree or nothing is known."""
        found: set[Lineage] = {
            "blood" if each.tissue in BLOOD_TISSUES else "solid" for each in self.candidates if each.tissue
        }
        if not found:
            found = {lineage_of(doid) for doid in self.doids}
        return next(iter(found)) if len(found) == 1 else "unknown"


@lru_cache(maxsize=4096)
def find_disease(code_or_name: str) -> Disease:
    """Return the possible tumour types of a code or name; empty if it is unknown.

    Parameters
    ----------
    code_or_name : str
        OncoTree code (current or former), study abbreviation of The Cancer Genome Atlas (``KIRC``, ``TCGA-TGCT``),
        ``DOID:1909``, ``NCIt:C3224`` or ``C3224``, or a name; prefixes such as ``ONCOTREE:`` are understood.

    Examples
    --------
    >>> find_disease("LUAD").doids, find_disease("ALL").codes
    (['DOID:3910'], ['BLL', 'TLL'])
    """
    book = vocabulary()
    text = " ".join(str(code_or_name).split())
    for how, find in _LOOKUPS:
        candidates = find(book, text)
        if candidates:
            return _assemble(book, text, candidates, how)
    return _assemble(book, text, [], "nothing")


def _code_candidates(book: Vocabulary, codes: Iterable[str]) -> list[Candidate]:
    return [
        Candidate(
            code=code,
            name=book.types[code].name,
            doids=book.same(code),
            tissue=book.types[code].tissue or None,
        )
        for code in dict.fromkeys(codes)
    ]


def _doid_candidates(book: Vocabulary, doids: Iterable[str]) -> list[Candidate]:
    found = []
    for doid in dict.fromkeys(doids):
        codes = book.codes_of.get(doid)
        tissues = {book.types[code].tissue for code in codes} or _tissues(book, doid)
        tissue = next(iter(tissues)) if len(tissues) == 1 and doid != CANCER else None  # OncoTree has it in the brain
        code = codes[0] if len(codes) == 1 else None
        found.append(Candidate(code=code, name=book.terms[doid].name, doids=(doid,), tissue=tissue))
    return found


def _by_code(book: Vocabulary, text: str) -> list[Candidate]:
    code = text.removeprefix("ONCOTREE:").removeprefix("oncotree:").strip()
    return _code_candidates(book, [code]) if code in book.types and code != "TISSUE" else []


def _by_former(book: Vocabulary, text: str) -> list[Candidate]:
    code = text.removeprefix("ONCOTREE:").removeprefix("oncotree:").strip()
    return _code_candidates(book, book.former.get(code, ()))


def _by_study(book: Vocabulary, text: str) -> list[Candidate]:
    """Read a TCGA study abbreviation; one that OncoTree also has as code needs the prefix TCGA-."""
    name = text.upper().removeprefix("TCGA-")
    found = book.studies.get(name, ())
    return _code_candidates(book, found) or (_by_code(book, name) or _by_former(book, name) if name != text else [])


def _by_any_case(book: Vocabulary, text: str) -> list[Candidate]:
    """Read a code case-insensitively; exact case is tried first since a few codes differ by case alone."""
    code = text.upper().removeprefix("ONCOTREE:").strip()
    found = _code_candidates(book, (each for each in book.code_folded.get(code) if each != "TISSUE"))
    return found or _code_candidates(
        book, (new for old, new_codes in book.former.items() if old.upper() == code for new in new_codes)
    )


def _by_doid(book: Vocabulary, text: str) -> list[Candidate]:
    core = text.upper().replace("DOID_", "DOID:").replace(" ", "")
    core = book.alt.get(core, core)
    return _doid_candidates(book, [core]) if core in book.terms else []


def _by_ncit(book: Vocabulary, text: str) -> list[Candidate]:
    core = text.upper().replace("NCIT:", "").replace("NCI:", "").strip()
    codes = [code for code in book.code_by_nci.get(core) if code != "TISSUE"]
    return _code_candidates(book, codes) if codes else _doid_candidates(book, book.by_nci.get(core))


def _by_name(book: Vocabulary, text: str) -> list[Candidate]:
    name = plain_name(text)
    codes = book.code_names.get(name)
    return _code_candidates(book, (code for code in codes if code != "TISSUE"))


def _by_doid_name(book: Vocabulary, text: str) -> list[Candidate]:
    name = plain_name(text)
    found = book.doid_names.get(name) or ([book.labels[name]] if name in book.labels else [])
    return _doid_candidates(book, (doid for doid in found if doid in book.terms))


_LOOKUPS = (
    ("code", _by_code),
    ("former code", _by_former),
    ("tcga", _by_study),
    ("doid", _by_doid),
    ("ncit", _by_ncit),
    ("code", _by_any_case),
    ("name", _by_name),
    ("synonym", _by_doid_name),
)


def _assemble(book: Vocabulary, query: str, candidates: list[Candidate], how: str) -> Disease:
    codes = [each.code for each in candidates if each.code]
    doids = list(dict.fromkeys(doid for each in candidates for doid in each.doids))
    code_ancestors = list(dict.fromkeys(above for code in codes for above in book.code_ancestors(code)))
    nearest = doids or _nearest_mapped(book, [*codes, *code_ancestors])
    above = [each for doid in nearest for each in book.doid_ancestors(doid)]
    tissues = {each.tissue for each in candidates if each.tissue}
    return Disease(
        query=query,
        codes=codes,
        doids=doids,
        nearest_doids=nearest,
        doid_ancestors=list(dict.fromkeys(([] if doids else nearest) + above)),
        code_ancestors=code_ancestors,
        tissue=next(iter(tissues)) if len(tissues) == 1 else None,
        candidates=tuple(candidates),
        ambiguous=len(candidates) > 1,
        how=how,
    )


def _nearest_mapped(book: Vocabulary, ancestors: list[str]) -> list[str]:
    for code in ancestors:
        found = book.nearest(code) or ((book.tissue_doid[code],) if code in book.tissue_doid else ())
        if found:
            return list(found)
    return []


def _tissues(book: Vocabulary, doid: str) -> set[str]:
    """Return the OncoTree tissues of a term: by its codes, otherwise by organs above it."""
    found = {book.types[code].tissue for code in book.codes_of.get(doid)}
    if not found:
        line = {doid, *book.doid_ancestors(doid, extended=True)} - _TOO_WIDE
        found = {tissue for tissue, organ in book.tissue_doid.items() if organ in line}
    if not found:
        found = {book.types[code].tissue for each in line for code in book.codes_of.get(each)}
    return found - {"OTHER", ""}


@lru_cache(maxsize=4096)
def lineage_of(doid: str) -> Lineage:
    """Return whether a term of the Disease Ontology is a cancer of the blood or of solid tissue."""
    book = vocabulary()
    if doid == CANCER or doid not in book.terms:
        return "unknown"
    if BLOOD_CANCER in (doid, *book.doid_ancestors(doid, extended=True)):
        return "blood"
    found = {"blood" if tissue in BLOOD_TISSUES else "solid" for tissue in _tissues(book, doid)}
    return "blood" if found == {"blood"} else "solid"


@dataclass(frozen=True, slots=True, kw_only=True)
class DiseaseRelation:
    """Relation of an evidence row's disease to the patient's, with the path between them in words."""

    relation: Relation
    lineage_agrees: bool
    path: str


def evidence_disease(disease_id: str | None, label: str | None) -> Disease | None:
    """Return the disease of an evidence row by its id, otherwise by its name; None if neither is known."""
    for text in (disease_id, label):
        if text:
            found = find_disease(text)
            if found:
                return found
    return None


def relate(
    patient: Disease,
    *,
    disease_id: str | None,
    label: str | None,
    scope: str,
    receptors: frozenset[tuple[str, str]] = frozenset(),
) -> DiseaseRelation:
    """Return the relation of the disease of an evidence row to the patient's.

    Parameters
    ----------
    scope : str
        ``specific``, ``any_cancer``, ``any_solid``, ``any_blood`` or ``unstated``, as in the evidence record.
    receptors : set of (receptor, status)
        The patient's receptor status; a breast cancer named by receptor matches exactly only with it.
    """
    if not patient:
        return DiseaseRelation(
            relation="unmapped", lineage_agrees=True, path=f"tumour type {patient.query} is not known"
        )
    if scope in ("any_cancer", "any_solid", "any_blood"):
        return _pan_cancer(patient, scope)
    if scope == "unstated":
        return DiseaseRelation(relation="not_stated", lineage_agrees=True, path="the evidence names no disease")
    found = evidence_disease(disease_id, label)
    name = label or disease_id or "?"
    if found is None:
        return DiseaseRelation(relation="unmapped", lineage_agrees=True, path=f"{name} is in neither vocabulary")
    return _relate_found(patient, found, name, receptors)


def _pan_cancer(patient: Disease, scope: str) -> DiseaseRelation:
    lineage = {"any_solid": "solid", "any_blood": "blood"}.get(scope)
    agrees = lineage in (None, patient.lineage)
    words = {"any_cancer": "any cancer", "any_solid": "any solid tumour", "any_blood": "any cancer of the blood"}[scope]
    path = f"evidence is for {words}; this tumour is {patient.lineage}"
    return DiseaseRelation(relation="pan_cancer" if agrees else "other", lineage_agrees=agrees, path=path)


def _relate_found(
    patient: Disease, found: Disease, name: str, receptors: frozenset[tuple[str, str]]
) -> DiseaseRelation:
    book = vocabulary()
    ids = found.doids or found.codes
    relation = _relation(book, patient, found, receptors)
    lineages = {lineage_of(doid) for doid in found.doids} or {found.lineage}
    agrees = (
        relation in ("exact", "ancestor") or "unknown" in (patient.lineage, *lineages) or patient.lineage in lineages
    )
    words = {
        "exact": "is the patient's disease",
        "ancestor": "contains the patient's disease",
        "descendant": "is a subtype of the patient's disease: confirm the subtype",
        "same_organ": "is another tumour of the same organ",
        "other": "is another tumour",
    }[relation]
    mine = ", ".join([*patient.codes, *patient.nearest_doids]) or patient.query
    return DiseaseRelation(relation=relation, lineage_agrees=agrees, path=f"{name} ({', '.join(ids)}) {words} ({mine})")


def _by_receptors(doid: str, receptors: frozenset[tuple[str, str]]) -> Literal["exact", "descendant", "same_organ"]:
    """Relate a receptor subtype: matching, unknown, or different."""
    needed, known = RECEPTOR_SUBTYPES[doid], dict(receptors)
    if any(name in known and known[name] != status for name, status in needed):
        return "same_organ"
    return "exact" if all(name in known for name, _ in needed) else "descendant"


def _relation(
    book: Vocabulary, patient: Disease, found: Disease, receptors: frozenset[tuple[str, str]]
) -> Literal["exact", "ancestor", "descendant", "same_organ", "other"]:
    theirs, mine = set(found.doids), set(patient.doids)
    if theirs & mine or set(found.codes) & set(patient.codes):
        return "exact"
    for doid in theirs & set(RECEPTOR_SUBTYPES):
        if any(above in patient.reach for above in book.doid_ancestors(doid)):
            return _by_receptors(doid, receptors)
    if theirs & patient.reach or set(found.codes) & set(patient.code_ancestors):
        return "ancestor"
    above = {each for doid in theirs for each in book.doid_ancestors(doid, extended=True)} - _TOO_WIDE
    if above & set(patient.doids) or set(found.code_ancestors) & set(patient.codes):
        return "descendant"
    tissues: set[str | None] = {tissue for doid in theirs for tissue in _tissues(book, doid)}
    tissues = tissues or {each.tissue for each in found.candidates}
    return "same_organ" if patient.tissue and patient.tissue in tissues else "other"
