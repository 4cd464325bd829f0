"""The two disease vocabularies with the curated bridge between them, as indexes.

OncoTree has the pathologist's name of a tumour; evidence is indexed by the Disease Ontology (DOID).
Source: OncoTree (Kundra R et al. 2021, JCO Clin Cancer Inform 5:221); Human Disease Ontology (Schriml LM et al. 2022).
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from genorx._core.nearest import nearest
from genorx.knowledge.pack_folder import checked_bytes, read_manifest
from genorx.oncology.pack import DATA

#: Root of solid and blood cancers alike, and of blood cancers.
CANCER, BLOOD_CANCER = "DOID:162", "DOID:2531"
#: OncoTree tissues whose tumours are cancers of the blood.
BLOOD_TISSUES = frozenset({"MYELOID", "LYMPH"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TumourType:
    """A node of OncoTree; a code that is no longer used has no parent."""

    code: str
    name: str
    parent: str
    tissue: str
    nci: tuple[str, ...]
    umls: tuple[str, ...]
    former: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DiseaseTerm:
    """A term of the Disease Ontology's cancer subset."""

    doid: str
    name: str
    parents: tuple[str, ...]
    alt_ids: tuple[str, ...]
    nci: tuple[str, ...]
    umls: tuple[str, ...]
    synonyms: tuple[str, ...]


def plain_name(text: str) -> str:
    """Normalise a disease name for comparison: lower case, single spaces, American spelling."""
    core = text.casefold().replace("tumour", "tumor").replace("leukaemia", "leukemia").replace("haem", "hem")
    core = re.sub(r"[,()/\u2013\u2019'\-]+", " ", core)
    return " ".join(core.split())


class Vocabulary:
    """OncoTree, DOID and the bridge, indexed by every code or name that a user or a table may write."""

    def __init__(self, types: Iterable[TumourType], terms: Iterable[DiseaseTerm], bridge: list[list[str]]) -> None:
        nodes = list(types)
        self.types = {node.code: node for node in nodes if node.parent or node.code == "TISSUE"}
        self.former: dict[str, list[str]] = {}
        self._old_names = {node.code: node.name for node in nodes if node.code not in self.types}
        self.terms = {term.doid: term for term in terms}
        for kind, key, _, name in bridge:
            if kind == "term":
                self.terms[key] = DiseaseTerm(doid=key, name=name, parents=(), alt_ids=(), nci=(), umls=(), synonyms=())
        self.alt = {alt: term.doid for term in self.terms.values() for alt in term.alt_ids}
        self.tissue_doid = {key: target for kind, key, target, _ in bridge if kind == "tissue"}
        self.bridged = {key: target for kind, key, target, _ in bridge if kind == "code"}
        self.wider = {key: target for kind, key, target, _ in bridge if kind == "under"}
        self.labels = {plain_name(key): target for kind, key, target, _ in bridge if kind == "label"}
        self.studies: dict[str, list[str]] = {}
        for kind, key, target, _ in bridge:
            if kind == "tcga":
                self.studies.setdefault(key, []).append(target)
        self.extra_parents: dict[str, list[str]] = {}
        for kind, key, target, _ in bridge:
            if kind == "is_a":
                self.extra_parents.setdefault(key, []).append(target)
        self._index()

    def _index(self) -> None:
        self.by_nci, self.by_umls, self.doid_names = _Lists(), _Lists(), _Lists()
        self.code_by_nci, self.code_names, self.code_folded = _Lists(), _Lists(), _Lists()
        for term in self.terms.values():
            self.by_nci.add(term.nci, term.doid)
            self.by_umls.add(term.umls, term.doid)
            self.doid_names.add((plain_name(term.name),), term.doid)
        for term in self.terms.values():
            self.doid_names.add((plain_name(name) for name in term.synonyms), term.doid)
        for node in self.types.values():
            self.code_by_nci.add(node.nci, node.code)
            self.code_names.add((plain_name(node.name),), node.code)
            self.code_folded.add((node.code.upper(),), node.code)
            for old in node.former:
                self.former.setdefault(old, []).append(node.code)
        for old, name in self._old_names.items():
            for code in self.former.get(old, ()):
                self.code_names.add((plain_name(name),), code)
        self._direct = {code: self._join(node) for code, node in self.types.items()}
        self.codes_of = _Lists()
        for code, found in self._direct.items():
            for doid in found:
                self.codes_of.add((doid,), code)

    def _join(self, node: TumourType) -> tuple[str, ...]:
        """Return the DOIDs that share an NCI concept, otherwise a UMLS concept, otherwise the name."""
        for keys, index in (
            (node.nci, self.by_nci),
            (node.umls, self.by_umls),
            ((plain_name(node.name),), self.doid_names),
        ):
            found = tuple(dict.fromkeys(doid for key in keys for doid in index.get(key)))
            if found:
                return found
        return ()

    def direct(self, code: str) -> tuple[str, ...]:
        """Return the DOIDs that a shared concept or name maps to an OncoTree code."""
        return self._direct.get(code, ())

    def same(self, code: str) -> tuple[str, ...]:
        """Return the DOIDs equivalent to a code: mapped, otherwise bridged by hand, otherwise none."""
        return self.direct(code) or ((self.bridged[code],) if code in self.bridged else ())

    def nearest(self, code: str) -> tuple[str, ...]:
        """Return the DOIDs of a code, otherwise the broader one in the bridge, otherwise none."""
        return self.same(code) or ((self.wider[code],) if code in self.wider else ())

    def near(self, text: str, count: int = 5) -> list[str]:
        """Return types with a name or code similar to a text, best first, as ``LUAD (Lung Adenocarcinoma)``."""
        core = plain_name(text)
        if not core:
            return []
        listed = {plain_name(node.name): f"{code} ({node.name})" for code, node in self.types.items()}
        for term in self.terms.values():
            listed.setdefault(plain_name(term.name), f"{term.doid} ({term.name})")
        words = set(core.split())
        holding = [name for name in listed if words <= set(name.split())]
        codes = {code.casefold(): code for code in self.types}
        found = [listed[name] for name in sorted(holding, key=len)]
        found += [listed[name] for name in nearest(core, listed, most=count, alike=0.7)]
        found += [
            f"{codes[code]} ({self.types[codes[code]].name})" for code in nearest(core, codes, most=count, alike=0.75)
        ]
        return list(dict.fromkeys(found))[:count]

    def code_ancestors(self, code: str) -> tuple[str, ...]:
        """Return the ancestors of a code, nearest first, up to the tissue."""
        found: list[str] = []
        node = self.types.get(code)
        while node is not None and node.parent not in ("", "TISSUE"):
            found.append(node.parent)
            node = self.types.get(node.parent)
        return tuple(found)

    def doid_ancestors(self, doid: str, *, extended: bool = False) -> tuple[str, ...]:
        """Return the ancestors of a term, nearest first; ``extended`` follows the curated edges too."""
        found: dict[str, None] = {}
        front = [doid]
        while front:
            above: list[str] = []
            for each in front:
                term = self.terms.get(each)
                parents = list(term.parents) if term else []
                above += parents + (self.extra_parents.get(each, []) if extended else [])
            front = [parent for parent in above if parent not in found and parent != doid]
            found.update(dict.fromkeys(front))
        return tuple(found)


class _Lists:
    """Lists of values by key, in order of insertion."""

    def __init__(self) -> None:
        self._held: dict[str, list[str]] = {}

    def add(self, keys: Iterable[str], value: str) -> None:
        for key in keys:
            held = self._held.setdefault(key, [])
            if value not in held:
                held.append(value)

    def get(self, key: str) -> list[str]:
        return self._held.get(key, [])


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    """Return the embedded vocabularies, with verified checksums."""
    manifest = read_manifest(DATA)
    types = [
        TumourType(code=c, name=n, parent=p, tissue=t, nci=_split(nci), umls=_split(umls), former=_split(former))
        for c, n, p, t, nci, umls, former in _rows(gzip.decompress(checked_bytes(DATA, "oncotree.tsv.gz", manifest)))
    ]
    terms = [
        DiseaseTerm(
            doid=i, name=n, parents=_split(p), alt_ids=_split(a), nci=_split(nci), umls=_split(umls),
            synonyms=tuple(s.split("|")) if s else (),
        )
        for i, n, p, a, nci, umls, s in _rows(gzip.decompress(checked_bytes(DATA, "doid.tsv.gz", manifest)))
    ]  # fmt: skip
    return Vocabulary(types, terms, _rows(checked_bytes(DATA, "bridge.tsv", manifest)))


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _rows(content: bytes) -> list[list[str]]:
    lines = [line for line in content.decode().removesuffix("\n").split("\n") if not line.startswith("#")]
    return [line.split("\t") for line in lines[1:]]
