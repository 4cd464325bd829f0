"""Options for a tumour from its hits: support, opposition, resistance, and order.

Evidence and a model's estimate are two axes that are never blended: the order considers one after the other, and can
be replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from genorx._core.short_repr import Results, short
from genorx.knowledge.drug_names import generic_drug, regimen_drugs
from genorx.oncology.alteration import Alteration
from genorx.oncology.drug_safety import safety_notes
from genorx.oncology.hit import Hit, Hits
from genorx.oncology.record import EvidenceRecord
from genorx.oncology.tier import tier_rank

OptionKey = tuple[tuple[str, ...], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEstimate:
    """A model's estimate for an option: difference from the reference, interval, population and unit."""

    estimate: float | None
    lower: float | None
    upper: float | None
    population: str = ""
    unit: str = ""


@short
@dataclass(frozen=True, kw_only=True)
class TherapyOption:
    """One option with all evidence for and against it.

    Attributes
    ----------
    therapies, therapy_logic : tuple of str, str
        Drugs, and ``single``, ``all`` (given together) or ``sequence``; "any of" in a source gives an option per drug.
    tier : str or None
        Best tier among the supporting rows that may define one; None if no row does.
    supporting, opposing, resistance, adverse : tuple of Hit
        Rows on the option.  ``opposing`` rows found no benefit; ``resistance`` may come from any alteration of the
        tumour.
    no_resistance : tuple of Hit
        Rows of studies that found no resistance; never an option by themselves.
    related : tuple of Hit
        Resistance to one drug of a combination: reported with the option, without effect on the order.
    safety : tuple of dict
        Notes on drug metabolism.
    pending : tuple of str
        Unassessed atoms that alone keep further rows from matching: "KRAS wild type (civic:EID12)".
    scheme : str
        Rule of the tiers, ``amp`` or ``amp-pcgr``.
    model : ModelEstimate or None
        The model's estimate, if there is one.
    advice : str
        ``option``, ``not_advised`` (strong resistance in the same tumour) or ``information`` (no tier).
    axes : str
        ``both``, ``evidence only`` or ``model only``.
    conflict : str
        Rule that decided between contradictory rows; empty if there are none.
    reason : str
        Reason in words, never empty.
    rank : int or None
        1 is best; options that are not advised have none.
    """

    therapies: tuple[str, ...]
    therapy_logic: str
    tier: str | None
    supporting: tuple[Hit, ...] = ()
    opposing: tuple[Hit, ...] = ()
    resistance: tuple[Hit, ...] = ()
    no_resistance: tuple[Hit, ...] = ()
    adverse: tuple[Hit, ...] = ()
    related: tuple[Hit, ...] = ()
    safety: tuple[dict[str, str], ...] = ()
    pending: tuple[str, ...] = ()
    scheme: str = "amp"
    model: ModelEstimate | None = None
    advice: str = "option"
    axes: str = "evidence only"
    conflict: str = ""
    reason: str = ""
    rank: int | None = None

    @property
    def name(self) -> str:
        """The drugs in one text: ``A + B`` together, ``A then B`` in sequence."""
        return (" then " if self.therapy_logic == "sequence" else " + ").join(self.therapies)

    def part_of(self, hit: Hit) -> str:
        """Return the drugs of this option that a related row is about, joined by "or"."""
        return " or ".join(drug for drug in self.therapies if drug in hit.therapies)

    @property
    def gene_level(self) -> bool:
        """Whether every supporting row matches only at the level of the gene ("any mutation")."""
        return bool(self.supporting) and all(hit.gene_level for hit in self.supporting)

    @property
    def not_assessed(self) -> tuple[str, ...]:
        """Unassessed items relevant to the option: pharmacogenes, and atoms of rows on the same therapy."""
        genes = dict.fromkeys(note["gene"] for note in self.safety if note["finding"] == "not assessed")
        return (*genes, *self.pending)

    def to_dict(self) -> dict[str, Any]:
        """Return the option as plain values, ready for JSON."""
        lists = ("supporting", "opposing", "resistance", "no_resistance", "adverse", "related")
        estimate = self.model
        return {
            "option": self.name,
            "therapies": list(self.therapies),
            "therapy_logic": self.therapy_logic,
            "rank": self.rank,
            "advice": self.advice,
            "tier": self.tier,
            "scheme": self.scheme,
            "axes": self.axes,
            "gene_level": self.gene_level,
            "conflict": self.conflict,
            "reason": self.reason,
            **{name: [hit.to_reference() for hit in getattr(self, name)] for name in lists},
            "safety": [dict(note) for note in self.safety],
            "not_assessed": list(self.not_assessed),
            "model": None
            if estimate is None
            else {name: getattr(estimate, name) for name in ("estimate", "lower", "upper", "population", "unit")},
        }


OptionOrder = Callable[[TherapyOption], Any]


def default_order(option: TherapyOption) -> tuple[Any, ...]:
    """Return the sort key of an option: advice, tier, lower bound of the estimated benefit, rating, name.

    Examples
    --------
    >>> from genorx.oncology import match, rank_therapies
    >>> options = rank_therapies(match(["BRAF V600E"], disease="MEL"))
    >>> [option.name for option in options] == [option.name for option in sorted(options, key=default_order)]
    True
    """
    lower = option.model.lower if option.model is not None and option.model.lower is not None else float("-inf")
    rating = max((hit.record.rating or 0 for hit in option.supporting), default=0)
    return (option.advice == "not_advised", tier_rank(option.tier), -lower, -rating, option.name)


@dataclass(kw_only=True)
class _Pile:
    """Rows collected for one option."""

    supporting: list[Hit] = field(default_factory=list)
    opposing: list[Hit] = field(default_factory=list)
    resistance: list[Hit] = field(default_factory=list)
    no_resistance: list[Hit] = field(default_factory=list)
    adverse: list[Hit] = field(default_factory=list)


def rank_therapies(
    hits: Hits | Iterable[Hit],
    *,
    estimates: Mapping[str, ModelEstimate] | None = None,
    phenotypes: Mapping[str, str] | None = None,
    excluded: Mapping[str, str] | None = None,
    order: OptionOrder = default_order,
) -> Results[TherapyOption]:
    """Return the therapies that hits are about, best first, with those advised against at the end.

    Parameters
    ----------
    hits : Hits
        Result of ``match``.
    estimates : mapping of option name to ModelEstimate, optional
        A model's estimates.  An option with an estimate and no evidence is listed as ``model only``.
    phenotypes : mapping of gene to phenotype, optional
        Pharmacogene phenotypes, for the safety notes on each drug.
    excluded : mapping of drug to reason, optional
        Drugs that are not possible for this patient (contraindication, age, label); options with them are not advised,
        with the reason.
    order : callable, optional
        Sort key of an option; the default is ``default_order``.

    Returns
    -------
    list of TherapyOption
        Options, each with a reason.  Resistance without a supporting row gives an option that is advised against or
        listed for information, never one that is offered.
    """
    rows = list(hits)
    facts = list(hits.alterations) if isinstance(hits, Hits) else [fact for hit in rows for fact in hit.alterations]
    piles = _gather(rows)
    options = [_option(key, pile, piles, facts, phenotypes) for key, pile in piles.items()]
    options = _with_estimates(options, estimates or {}, facts, phenotypes)
    if isinstance(hits, Hits):
        options = _with_pending(options, hits)
    options = [_excluded(option, excluded or {}) for option in options]
    ordered = sorted(options, key=order)
    return Results(_numbered(ordered))


def _with_pending(options: list[TherapyOption], hits: Hits) -> list[TherapyOption]:
    """Add to each option the rows with unassessed atoms; these rows create no option by themselves."""
    waiting: dict[OptionKey, list[str]] = {}
    for evidence_id, labels in hits.pending.items():
        record = hits.evidence[evidence_id]
        for key in option_keys(record) if record.evidence_type == "predictive" else ():
            waiting.setdefault(key, []).append(f"{labels} ({evidence_id})")
    return [
        replace(option, scheme=hits.scheme, pending=tuple(waiting.get((option.therapies, option.therapy_logic), ())))
        for option in options
    ]


def option_keys(row: Hit | EvidenceRecord) -> list[OptionKey]:
    """Return the options that a row supports: drugs together, in sequence, or each of several singly."""
    therapies, logic = row.therapies, row.therapy_logic
    if logic == "any":
        return [((drug,), "single") for drug in therapies]
    if logic == "all":
        return [(tuple(sorted(therapies)), "all")]
    return [(therapies, logic)] if therapies else []


def _gather(hits: Iterable[Hit]) -> dict[OptionKey, _Pile]:
    piles: dict[OptionKey, _Pile] = {}
    for hit in hits:
        if hit.evidence_type != "predictive":
            continue
        for key in option_keys(hit):
            pile = piles.setdefault(key, _Pile())
            target = _side(pile, hit)
            if target is not None:
                target.append(hit)
    return {key: pile for key, pile in piles.items() if any(vars(pile).values())}


def _side(pile: _Pile, hit: Hit) -> list[Hit] | None:
    if hit.effect == "adverse":
        return pile.adverse
    if hit.effect == "sensitivity":
        return {"supports": pile.supporting, "does_not_support": pile.opposing}.get(hit.direction)
    if hit.effect in ("resistance", "reduced_sensitivity"):
        return {"supports": pile.resistance, "does_not_support": pile.no_resistance}.get(hit.direction)
    return None


def _option(
    key: OptionKey,
    pile: _Pile,
    piles: Mapping[OptionKey, _Pile],
    facts: list[Alteration],
    phenotypes: Mapping[str, str] | None,
) -> TherapyOption:
    therapies, logic = key
    tiers = [hit.tier for hit in pile.supporting if hit.tier is not None]
    tier = min(tiers, key=tier_rank, default=None)
    related = [] if logic == "single" else [h for drug in therapies for h in _resisting(piles, drug)]
    strong = [hit for hit in pile.resistance if hit.tier == "R-I"]
    advice = "not_advised" if strong else "option" if tier else "information"
    option = TherapyOption(
        therapies=therapies,
        therapy_logic=logic,
        tier=tier,
        supporting=tuple(pile.supporting),
        opposing=tuple(pile.opposing),
        resistance=tuple(pile.resistance),
        no_resistance=tuple(pile.no_resistance),
        adverse=tuple(pile.adverse),
        related=tuple(related),
        safety=safety_notes(therapies, facts, phenotypes),
        advice=advice,
        conflict=_conflict(pile, strong),
    )
    return replace(option, reason=_reason(option, strong))


def _resisting(piles: Mapping[OptionKey, _Pile], drug: str) -> list[Hit]:
    single = piles.get(((drug,), "single"))
    return [hit for hit in single.resistance if hit.tier in ("R-I", "R-II")] if single else []


def _conflict(pile: _Pile, strong: list[Hit]) -> str:
    words = []
    if pile.supporting and pile.resistance:
        rule = "resistance R-I in the same tumour decides" if strong else "resistance below R-I does not exclude"
        words.append(
            f"rows for sensitivity ({_ids(pile.supporting)}) and for resistance ({_ids(pile.resistance)}): {rule}"
        )
    if pile.supporting and pile.opposing:
        words.append(
            f"rows that support benefit ({_ids(pile.supporting)}) and that found none ({_ids(pile.opposing)}): "
            "the tier is that of the supporting rows, the others are shown beside it"
        )
    return "; ".join(words)


def _ids(hits: Iterable[Hit]) -> str:
    listed = [" ".join((hit.evidence_id, "level", hit.level, *hit.record.citations)) for hit in hits]
    return ", ".join(listed[:5]) + (f" and {len(listed) - 5} more" if len(listed) > 5 else "")


def _reason(option: TherapyOption, strong: list[Hit]) -> str:
    if strong:
        best = strong[0]
        return f"not advised, because of resistance in {best.evidence_id}: {best.reason}"
    if option.tier:
        best = min((hit for hit in option.supporting if hit.tier), key=lambda hit: (tier_rank(hit.tier), not hit.exact))
        marked = len(option.resistance)
        warned = f"; marked: {marked} row{'' if marked == 1 else 's'} for resistance" if marked else ""
        gene = "; gene-level evidence only" if option.gene_level else ""
        return f"{best.evidence_id}: {best.reason}{gene}{warned}"
    rows = [*option.supporting, *option.resistance, *option.opposing, *option.no_resistance, *option.adverse]
    return f"no row defines a tier. {rows[0].evidence_id}: {rows[0].reason}" if rows else "no evidence row"


def _with_estimates(
    options: list[TherapyOption],
    estimates: Mapping[str, ModelEstimate],
    facts: list[Alteration],
    phenotypes: Mapping[str, str] | None,
) -> list[TherapyOption]:
    by_name = {name.casefold(): (name, estimate) for name, estimate in estimates.items()}
    found = []
    for option in options:
        _, estimate = by_name.pop(option.name.casefold(), ("", None))
        axes = (
            "both"
            if estimate is not None and option.tier
            else "model only"
            if estimate is not None
            else "evidence only"
        )
        found.append(replace(option, model=estimate, axes=axes))
    for name, estimate in by_name.values():
        drugs = tuple(part.strip() for part in name.split(" + "))
        found.append(
            TherapyOption(
                therapies=drugs,
                therapy_logic="single" if len(drugs) == 1 else "all",
                tier=None,
                safety=safety_notes(drugs, facts, phenotypes),
                model=estimate,
                axes="model only",
                reason="no evidence row fits; listed by the model's estimate alone",
            )
        )
    return found


def _excluded(option: TherapyOption, excluded: Mapping[str, str]) -> TherapyOption:
    known = {generic_drug(drug): reason for drug, reason in excluded.items()}
    parts = [(drug, part) for drug in option.therapies for part in (generic_drug(drug), *regimen_drugs(drug))]
    why = list(dict.fromkeys(f"{drug}: {known[part]}" for drug, part in parts if part in known))
    if not why:
        return option
    return replace(option, advice="not_advised", reason=f"not advised, because {'; '.join(why)}. {option.reason}")


def _numbered(options: list[TherapyOption]) -> list[TherapyOption]:
    found, number = [], 0
    for option in options:
        if option.advice == "option":
            number += 1
            found.append(replace(option, rank=number))
        else:
            found.append(replace(option, rank=None))
    return found
