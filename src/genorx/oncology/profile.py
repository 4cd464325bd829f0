"""Parsing of molecular profile labels to predicates: ``EGFR T790M AND EGFR Exon 19 Deletion``.

A predicate is a tuple of alternatives, each a tuple of atoms that must all hold.  Alterations typed by a user follow
the same grammar.  A label that no atom can express becomes an ``opaque`` atom, which matches only itself; nothing is
guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from genorx.oncology.copy_number import parse_copy_number
from genorx.oncology.criteria import EXON_KINDS, Atom, class_name, exon_numbers, kind_name, plain
from genorx.oncology.fusion import fusion_exons, read_fusion
from genorx.oncology.gene_facts import STAR_GENES
from genorx.oncology.protein import SILENT_KINDS, read_protein_change

Predicate = tuple[tuple[Atom, ...], ...]

#: Gene names in common use that are not approved symbols.
GENE_ALIASES = {
    "HER2": "ERBB2", "PD-L1": "CD274", "PDL1": "CD274", "C-MET": "MET", "C-KIT": "KIT", "MLL": "KMT2A", "ABL": "ABL1",
    "NPM": "NPM1", "HER1": "EGFR", "HER3": "ERBB3", "HER4": "ERBB4", "CMET": "MET", "CKIT": "KIT", "C-MYC": "MYC",
    "CMYC": "MYC", "N-MYC": "MYCN", "NMYC": "MYCN", "P53": "TP53", "MEK1": "MAP2K1", "MEK2": "MAP2K2", "AML1": "RUNX1",
    "ETO": "RUNX1T1", "AF4": "AFF1", "AF9": "MLLT3", "MLL1": "KMT2A", "MLL3": "KMT2C", "TRKA": "NTRK1",
    "TRKB": "NTRK2", "TRKC": "NTRK3", "LKB1": "STK11", "VEGFR2": "KDR", "H3F3A": "H3-3A", "H3F3B": "H3-3B",
    "HIST1H3B": "H3C2", "MRE11A": "MRE11", "WHSC1": "NSD2",
}  # fmt: skip
_SIGNATURES = {
    "TMB": "TMB", "MSI": "MSI", "HRD": "HRD", "KATAEGIS": "Kataegis", "METHYLATION": "Methylation",
}  # fmt: skip
#: States that need no gene, by their letters and digits: (marker, value).
_STATES: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("dmmr", "mmrd", "mmrdeficient", "mmrdeficiency", "mismatchrepairdeficient",
                     "mismatchrepairdeficiency", "deficientmismatchrepair"), ("MSI", "dMMR")),
    **dict.fromkeys(("pmmr", "mmrp", "mmrproficient", "mismatchrepairproficient", "proficientmismatchrepair"),
                    ("MSI", "pMMR")),
    **dict.fromkeys(("mss", "microsatellitestable", "microsatellitestability"), ("MSI", "MSS")),
    **dict.fromkeys(("msih", "msihigh", "highmsi", "microsatelliteinstabilityhigh", "microsatelliteinstable",
                     "highmicrosatelliteinstability"), ("MSI", "High")),
    **dict.fromkeys(("msil", "msilow", "lowmsi", "microsatelliteinstabilitylow"), ("MSI", "Low")),
    **dict.fromkeys(("tmbh", "tmbhigh", "hightmb", "tumormutationalburdenhigh", "hightumormutationalburden",
                     "tumourmutationalburdenhigh"), ("TMB", "High")),
    **dict.fromkeys(("tmbl", "tmblow", "lowtmb", "tumormutationalburdenlow", "tumourmutationalburdenlow"),
                    ("TMB", "Low")),
    **dict.fromkeys(("hrd", "homologousrecombinationdeficient", "homologousrecombinationdeficiency"),
                    ("HRD", "Positive")),  # deficiency is the positive state
    **dict.fromkeys(("hrdh", "hrdhigh"), ("HRD", "High")),
    **dict.fromkeys(("hrdl", "hrdlow"), ("HRD", "Low")),
}  # fmt: skip
_DOUBLED = frozenset(("wgd", "wholegenomedoubling", "wholegenomeduplication"))
_TOKEN = re.compile(r"\s*(\bAND\b|\bOR\b|\bNOT\b|(?<!\S)\((?=\s)|(?<=\s)\)(?!\S))\s*")
_CDNA = re.compile(r"\(?(?P<change>c\.[^()\s]+(?:\s?\?[^()]*)?)\)?")
_CODON = re.compile(r"^([ACDEFGHIKLMNPQRSTVWY])(\d+)$")
_CODON_LIST = re.compile(r"^[ACDEFGHIKLMNPQRSTVWY]\d+(?:/[ACDEFGHIKLMNPQRSTVWY]\d+)+$")
_EXON = re.compile(r"^(?:rare\s+)?exons?\s*(?P<numbers>\d+(?:\s*-\s*\d+)?)\s*(?P<kind>[a-z ]*)$", re.IGNORECASE)
_EXPRESSION = re.compile(
    r"expression|methylation|phosphorylation|serum level|mislocali[sz]ation"
    r"|nuclear translocation|\bpositive\b|\bnegative\b|\bhigh\b|\blow\b",
    re.IGNORECASE,
)
_REGION = re.compile(r"domain|promoter|loop|\btkd\b|terminal|^non-|^intron \d+ (?!delet)|conserved", re.IGNORECASE)
#: A word joined to the gene in reports: ``HER2-positive``.
_STATUS = re.compile(
    r"^([A-Za-z][A-Za-z0-9]*)-(positive|negative|amplified|mutant|mutated|rearranged|deleted|wild-?type|high|low)$",
    re.IGNORECASE,
)
_REARRANGED = re.compile(r"^(?:fusions?|rearrangements?|translocations?|rearranged)$", re.IGNORECASE)


def parse_profile(label: str) -> Predicate:
    """Return the predicate of a profile label, in disjunctive normal form.

    Parameters
    ----------
    label : str
        Atoms joined by ``AND``, ``OR``, ``NOT`` and parentheses, separated by spaces, in CIViC's notation.

    Returns
    -------
    tuple of tuple of Atom
        At least one alternative with at least one atom.

    Examples
    --------
    >>> [[atom.label for atom in each] for each in parse_profile("EGFR T790M AND ( EGFR L858R OR EGFR L861Q )")]
    [['EGFR T790M', 'EGFR L858R'], ['EGFR T790M', 'EGFR L861Q']]
    """
    words = " ".join(label.split())
    return _parse(words) if len(words) <= _LONGEST else ((Atom(type="opaque", text=words[:160]),),)


#: Largest number of characters of a label, and of its alternatives, which brackets multiply.
_LONGEST, _MOST_ALTERNATIVES = 1000, 256


@lru_cache(maxsize=16384)
def _parse(label: str) -> Predicate:
    tokens = [part for part in _TOKEN.split(label) if part and part.strip()]
    try:
        found, rest = _disjunction(tokens)
    except (IndexError, ValueError, RecursionError):
        return ((Atom(type="opaque", text=label[:160]),),)
    return found if not rest else ((Atom(type="opaque", text=label[:160]),),)


def _disjunction(tokens: list[str]) -> tuple[Predicate, list[str]]:
    found, rest = _conjunction(tokens)
    while rest and rest[0] == "OR":
        more, rest = _conjunction(rest[1:])
        found = found + more
    return found, rest


def _conjunction(tokens: list[str]) -> tuple[Predicate, list[str]]:
    found, rest = _factor(tokens)
    while rest and rest[0] == "AND":
        more, rest = _factor(rest[1:])
        found = _all_of(found, more)
    return found, rest


def _all_of(found: Predicate, more: Predicate) -> Predicate:
    if len(found) * len(more) > _MOST_ALTERNATIVES:
        raise ValueError("too many alternatives")
    return tuple(left + right for left in found for right in more)


def _factor(tokens: list[str]) -> tuple[Predicate, list[str]]:
    head, rest = tokens[0], tokens[1:]
    if head == "(":
        found, rest = _disjunction(rest)
        if rest[0] != ")":
            raise ValueError("unbalanced")
        return found, rest[1:]
    if head == "NOT":
        inner, rest = _factor(rest)
        return _negate(inner), rest
    if head in ("AND", "OR", ")"):
        raise ValueError(head)
    return _single(head), rest


def _negate(inner: Predicate) -> Predicate:
    """Negate a predicate by De Morgan: NOT (a OR b) is one alternative with both negated."""
    denied: Predicate = ((),)
    for alternative in inner:
        turned = tuple((_deny(atom),) for atom in alternative)
        denied = _all_of(denied, turned)
    return denied


def _deny(atom: Atom) -> Atom:
    return Atom.from_dict({**atom.to_dict(), "negated": not atom.negated})


def _single(label: str) -> Predicate:
    """Parse a label without connectives; slashed names are alternatives."""
    marker = _tumour_wide(label)
    if marker:
        return ((marker,),)
    gene, rest = _gene_and_rest(label)
    if "::" in label or _names_fusion(label, gene, rest):
        return ((_fusion(label, rest),),)
    joined = re.split(r"\s+and\s+", rest)
    if len(joined) > 1 and all(re.search(r"c\.|^[A-Z]\d+", part) for part in joined):
        return (tuple(atom for part in joined for atom in _one(gene, part)[0]),)
    return _one(gene, rest)


def _names_fusion(label: str, gene: str, rest: str) -> bool:
    """Return whether a label without ``::`` names two partners (``EML4-ALK``, ``EML4-ALK fusion``, ``EML4/ALK V1``)."""
    if not rest:
        return read_fusion(label) is not None
    pair = read_fusion(label) if re.search(r"\w[-/(]", gene) else None
    return pair is not None and None not in pair


def _gene_and_rest(label: str) -> tuple[str, str]:
    star = re.fullmatch(r"([A-Z0-9]+)(\*\d{1,2}[A-Z]?(?:\s+homozyg\w*)?)", label, re.IGNORECASE)
    if star and star[1].upper() in STAR_GENES:
        return star[1], star[2]
    label = _STATUS.sub(r"\1 \2", label)
    colon = re.match(r"^([A-Za-z][\w.\-]*):(?!:)\s*(\S.*)$", label)
    gene, rest = (colon[1], colon[2]) if colon else (label.partition(" ")[0], label.partition(" ")[2].strip())
    itd = re.fullmatch(r"([A-Za-z][A-Za-z0-9]*)-(ITD|TKD)", gene)
    if itd:
        gene, rest = itd[1], f"{itd[2]} {rest}".strip()
    if rest[:2] in ("p.", "P."):
        rest = rest[2:]
    own = re.match(rf"^{re.escape(gene)}\s+(?=\S)", rest)  # "PRPS1 PRPS1 MUTATION"
    return GENE_ALIASES.get(gene.upper(), gene), rest[own.end() :] if own else rest


def _tumour_wide(label: str) -> Atom | None:
    state = _STATES.get(plain(label))
    if state:
        return Atom(type="signature", name=state[0], value=state[1])
    if plain(label) in _DOUBLED:
        return Atom(type="signature", name="Whole genome doubling")
    compact = re.fullmatch(
        r"(TMB|MSI|HRD)[\s\-]*(POSITIVE|NEGATIVE|STABLE|UNSTABLE|INTERMEDIATE)", label, re.IGNORECASE
    )
    if compact:
        return Atom(type="signature", name=compact[1].upper(), value=compact[2].capitalize())
    head, _, value = re.sub(r"\s*[=:]\s*", " ", label.replace("_", " ")).partition(" ")
    if head.upper() in _SIGNATURES and value:
        return Atom(type="signature", name=_SIGNATURES[head.upper()], value=value)
    signature = re.fullmatch(
        r"(?:cosmic\s+)?(?:signature\s+)?(SBS\d+[a-z]?|DBS\d+|ID\d+)(?:\s+.*)?", label, re.IGNORECASE
    )
    return Atom(type="signature", name=signature[1]) if signature else None


def _fusion(label: str, rest: str) -> Atom:
    exons = fusion_exons(label) or ()
    pair = read_fusion(label) or (read_fusion(rest) if rest else None)
    if pair is None:
        return Atom(type="opaque", text=label[:160])
    unknown = "?" in label
    return Atom(type="fusion", five=pair[0], three=pair[1], exons=exons, value="unknown partner" if unknown else None)


def _one(gene: str, rest: str) -> Predicate:
    if _CODON_LIST.match(rest):
        return tuple((_codon(gene, part),) for part in rest.split("/"))
    rest = re.sub(r"^([A-Z]\d+(?:[A-Z]|fs.*)?)\s+(?:mutations?|mutant|variant)$", r"\1", rest)
    change = read_protein_change(rest)
    if change is not None and change.kind == "alternatives":
        names = [f"{change.first}{change.start}{new}" for new in change.new.split("/")]
        return tuple((Atom(type="protein", gene=gene, change=name),) for name in names)
    for read in _READERS:
        atom = read(gene, rest)
        if atom is not None:
            return ((atom,),)
    return ((Atom(type="opaque", gene=gene, text=rest[:160] or None),),)


def _codon(gene: str, text: str) -> Atom:
    return Atom(type="codon", gene=gene, residue=text[0], position=int(text[1:]))


def _read_codon(gene: str, rest: str) -> Atom | None:
    return _codon(gene, rest) if _CODON.match(rest) else None


def _read_protein(gene: str, rest: str) -> Atom | None:
    coding = _CDNA.search(rest)
    change = read_protein_change(re.sub(r"\s*(?:\([^)]*\)?|c\.\S+)\s*$", "", rest))
    if change is not None and not (coding and change.kind in SILENT_KINDS):
        return Atom(type="protein", gene=gene, change=change.text, text=coding["change"] if coding else None)
    return None


def _read_cdna(gene: str, rest: str) -> Atom | None:
    coding = _CDNA.search(rest)
    if coding:
        return Atom(type="cdna", gene=gene, change=coding["change"].replace("\u2212", "-"), text=rest[:160])
    if re.fullmatch(r"IVS\d+[+\-]\d+\S+|\d+(?:DEL|INS|DUP)[ACGT]+", rest, re.IGNORECASE):
        return Atom(type="cdna", gene=gene, change=rest)
    return None


def _read_named(gene: str, rest: str) -> Atom | None:
    """Parse named variants: rs numbers, star alleles, vIII, ITD, splice forms, loss of heterozygosity."""
    number = re.match(r"^(rs\d+)\b", rest, re.IGNORECASE)
    homozygous = "homozygous" if re.search(r"homozyg", rest, re.IGNORECASE) else None
    if number:
        return Atom(type="dbsnp", gene=gene, name=number[1].lower(), kind=homozygous)
    star = re.match(rf"^({re.escape(gene)}\s*)?(\*\d{{1,2}}[A-Z]?)(?:\s+homozyg\w*)?$", rest, re.IGNORECASE)
    if star and (star[1] or gene.upper() in STAR_GENES):
        return Atom(type="star_allele", gene=gene, name=f"{gene}{star[2]}", kind=homozygous)
    if re.search(r"\bITD\b|internal (?:tandem )?duplication", rest, re.IGNORECASE):
        return Atom(type="itd", gene=gene, name="ITD")
    if re.fullmatch(rf"(?:{re.escape(gene)})?-?\s*v(?:III|3|II|IVa|IVb|V)\b(?: deletion)?", rest, re.IGNORECASE):
        return Atom(
            type="named_deletion", gene=gene, name="v" + plain(rest).upper().rpartition("V")[2].removesuffix("DELETION")
        )
    if re.search(r"alternative transcript|^AR-?V7$|^V7$|^CD44v\d+$", rest, re.IGNORECASE):
        return Atom(type="transcript_variant", gene=gene, name=rest[:80])
    if re.search(r"\bLOH\b|loss of heterozygosity", rest, re.IGNORECASE):
        return Atom(type="loh", gene=gene, text=rest[:80])
    if re.search(r"3' exon deletion|deletion polymorphism|\dMb del", rest, re.IGNORECASE):
        return Atom(type="named_deletion", gene=gene, name=rest[:80])
    return None


def _read_exon(gene: str, rest: str) -> Atom | None:
    parts = re.search(r"deletion of exons?\s+([\d &,]+)", rest, re.IGNORECASE)
    if parts:
        return Atom(type="exon", gene=gene, exons=exon_numbers(parts[1]), kind="deletion")
    found = _EXON.match(rest)
    if not found or _EXPRESSION.search(rest):
        return None
    rare = "rare" if rest.casefold().startswith("rare") else None
    kind = kind_name(found["kind"])
    if kind not in EXON_KINDS:
        return None  # an unknown word must not be read as any change of the exon
    return Atom(type="exon", gene=gene, exons=exon_numbers(found["numbers"]), kind=kind, text=rare)


def _read_word(gene: str, rest: str) -> Atom | None:
    """Parse wild type, rearrangement without partner, copy-number words and functional classes."""
    word = plain(rest)
    if word in ("wildtype", "wt"):
        return Atom(type="wildtype", gene=gene)
    if _REARRANGED.match(rest):
        return Atom(type="fusion", five=gene, either=True)
    if word == "copynumbervariation":
        return Atom(type="copy_number", gene=gene, call="any")
    if word in ("nulllargedeletion", "largedeletion"):
        return Atom(type="copy_number", gene=gene, call="deletion")
    name = class_name(rest)
    if name in _CLASS_NAMES:
        rare = "rare" if word.startswith("rare") else None
        return Atom(type="gene_class", gene=gene, cls=name, text=rare)
    call = parse_copy_number(rest) if word and not word.isdigit() else None
    return Atom(type="copy_number", gene=gene, call=call) if call and call != "neutral" else None


_CLASS_NAMES = frozenset(
    ("mutation", "oncogenic", "gain_of_function", "loss_of_function", "loss", "truncating", "frameshift", "pathogenic",
     "biallelic", "missense", "splice")
)  # fmt: skip


def _read_region(gene: str, rest: str) -> Atom | None:
    if _EXPRESSION.search(rest) or not _REGION.search(rest):
        return None
    return Atom(type="region", gene=gene, name=re.sub(r"\s*\bmut(?:ation)?s?$", "", rest, flags=re.IGNORECASE)[:80])


def _read_expression(gene: str, rest: str) -> Atom | None:
    return Atom(type="expression", gene=gene, text=rest[:80]) if _EXPRESSION.search(rest) else None


_READERS: tuple[Callable[[str, str], Atom | None], ...] = (
    _read_codon,
    _read_named,
    _read_protein,
    _read_cdna,
    _read_exon,
    _read_region,
    _read_word,
    _read_expression,
)
