"""Public evidence beside the model's estimate, option by option; the two are never blended.

A model's rank, advice and numbers stay as they are.  The evidence on an option is in its ``evidence``; options that
only one of the two axes holds are marked in ``axes``.  Matching tumours to evidence is ``genorx.oncology``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from genorx.errors import Finding, UsageError, shown
from genorx.ranking.answer.answer import Axes, OptionAnswer, PatientAnswer

if TYPE_CHECKING:
    from genorx.oncology import Hit, Hits, TherapyOption

#: Key of the order of a patient's options.
AnswerOrder = Callable[[OptionAnswer], Any]
#: Drugs of an option as they are compared: in sequence or not, then the names in lower case.
_Key = tuple[bool, tuple[str, ...]]

_SIDES = ("supporting", "opposing", "resistance", "no_resistance", "adverse", "related")
_STRONG = "R-I"
_ONLY = "; evidence only"
FOR = "supports sensitivity"
#: Ending of the direction of a row on one drug of a combination: shown, but without influence on tier and order.
_OF_PART = " to one drug of it"


def by_evidence(option: OptionAnswer) -> tuple[Any, ...]:
    """Return an option's sort key with evidence first: no R-I resistance, tier, the model's rank, name.

    It is the default order of ``genorx.oncology.rank_therapies``, with the model's rank for the lower bound of its
    estimate; give it as ``order`` of ``Ranking.with_evidence``.

    Examples
    --------
    >>> import genorx as gx
    >>> import pandas as pd
    >>> woman = {"age": 57, "size": 29, "grade": 1, "nodes": 5, "er": 1, "her2": 1, "ki67": 1, "screen": 0}
    >>> woman |= {"generation": 3, "postmenopausal": 1}
    >>> ranking = gx.published.load("predict-breast@2.2").rank(pd.DataFrame([woman], index=["A"]))
    >>> first, *rest = sorted(ranking.answers[0].options, key=by_evidence)
    >>> first.rank  # no evidence here: as the model ranks them
    1
    """
    from genorx.oncology.tier import tier_rank

    resisted = any(row["tier"] == _STRONG and not row["direction"].endswith(_OF_PART) for row in option.evidence)
    return (resisted, tier_rank(best_tier(option)), option.rank or float("inf"), option.option)


def best_tier(option: OptionAnswer) -> str | None:
    """Return the best tier among the rows that support the option; None if none defines one.

    Examples
    --------
    >>> import genorx as gx
    >>> import pandas as pd
    >>> woman = {"age": 57, "size": 29, "grade": 1, "nodes": 5, "er": 1, "her2": 1, "ki67": 1, "screen": 0}
    >>> woman |= {"generation": 3, "postmenopausal": 1}
    >>> ranking = gx.published.load("predict-breast@2.2").rank(pd.DataFrame([woman], index=["A"]))
    >>> best_tier(ranking.answers[0].options[0]) is None  # no evidence was given
    True
    """
    from genorx.oncology.tier import tier_rank

    tiers = [row["tier"] for row in option.evidence if row["direction"] == FOR and row["tier"] != "none"]
    return min(tiers, key=tier_rank, default=None)


def speaks_against(row: Mapping[str, str]) -> bool:
    """Whether a row of evidence is a warning: resistance, less benefit, harm, or no benefit found."""
    return row["direction"] not in (FOR, "does_not_support resistance")


def resisted(option: OptionAnswer) -> tuple[tuple[str, bool], ...]:
    """Return (therapy, whether it is one drug of the option) where rows of the strongest tier support resistance."""
    rows = (row for row in option.evidence if row["tier"] == _STRONG)
    return tuple(dict.fromkeys((row["therapy"], row["direction"].endswith(_OF_PART)) for row in rows))


@dataclass(frozen=True, kw_only=True)
class EvidenceAxis:
    """Evidence on each patient, and the drugs of each option.

    Attributes
    ----------
    hits : mapping of patient id to Hits
    therapies : mapping of option to names of therapies
        ``A + B`` for drugs given together, ``A then B`` in sequence; several names mean that the option is any of
        them, none that it is no drug.  An option that is not named is the therapy of its own name.
    others : bool
        Whether therapies that only evidence names become options.
    order : callable or None
        Key of the order of a patient's options; None keeps the model's order, with options of evidence after it.
    """

    hits: Mapping[str, Hits | Iterable[Hit]]
    therapies: Mapping[str, Sequence[str] | str]
    others: bool = True
    order: AnswerOrder | None = None

    def check(self, answers: Sequence[PatientAnswer]) -> None:
        """Raise an error for names that are not in the ranking, which would otherwise be ignored.

        Raises
        ------
        UsageError
            ``no-such-patient`` or ``no-such-option``.
        """
        patients = {answer.patient_id for answer in answers}
        options = {option.option for answer in answers for option in answer.options}
        for names, known, code in (
            (self.hits, patients, "no-such-patient"),
            (self.therapies, options, "no-such-option"),
        ):
            strange = [name for name in names if name not in known]
            if strange:
                kind = code.removeprefix("no-such-")
                raise UsageError(
                    f"evidence names the {kind} {shown(strange[0])!r}, which is not in this ranking",
                    hint=f"{len(strange)} such names; its {kind}s are in ranking.to_frame()",
                    code=code,
                )

    def beside(self, answer: PatientAnswer) -> PatientAnswer:
        """Return a patient's result with evidence on each option; without hits it states that nothing was looked up."""
        answer = _without_evidence(answer)
        if answer.patient_id not in self.hits:
            message = "no alterations were given for this patient: evidence was not looked up"
            return _found(answer, [_finding(answer, "evidence-not-looked-up", "warning", message)])
        from genorx.oncology.therapies import rank_therapies

        hits = self.hits[answer.patient_id]
        rows = list(hits) if not hasattr(hits, "findings") else hits
        ranked = rank_therapies(rows)
        by_key: dict[_Key, list[TherapyOption]] = {}
        for each in ranked:
            by_key.setdefault(_key_of(each), []).append(each)
        options, taken = [], set[_Key]()
        findings = [replace(each, patient_id=answer.patient_id) for each in getattr(hits, "findings", ())]
        for option in answer.options:
            keys = [key for key in map(_key, self._names(option.option)) if key in by_key]
            taken.update(keys)
            found = [each for key in dict.fromkeys(keys) for each in by_key[key]]
            options.append(_marked(option, found))
            findings += _warnings(answer, options[-1], found)
        left = [each for each in ranked if _key_of(each) not in taken]
        options += [_of_evidence(each) for each in left if self.others and each.advice != "information"]
        findings += _uncounted(answer, left, others=self.others)
        if self.order is not None:
            options.sort(key=self.order)
        return _found(replace(answer, options=tuple(options)), findings)

    def _names(self, option: str) -> list[str]:
        names = self.therapies.get(option, option)
        return [names] if isinstance(names, str) else list(names)

    def knowledge(self) -> dict[str, str]:
        """Return the releases of the evidence used, by source."""
        layers = [layer for hits in self.hits.values() if hasattr(hits, "evidence") for layer in hits.evidence.layers]
        return {str(layer["name"]): str(layer["release"]) for layer in layers if "name" in layer and "release" in layer}


def _key(name: str) -> _Key:
    ordered = " then " in name
    parts = [drug for part in name.split(" then " if ordered else "+") for drug in _drugs_of(part)]
    return (ordered, tuple(parts) if ordered else tuple(sorted(parts)))


def _drugs_of(part: str) -> tuple[str, ...]:
    """Return a drug's name, or the drugs of a regimen that is known by an acronym."""
    from genorx.knowledge.drug_names import regimen_drugs

    return regimen_drugs(part) or (" ".join(part.split()).casefold(),)


def _key_of(therapy: TherapyOption) -> _Key:
    return _key(therapy.name)


def _without_evidence(answer: PatientAnswer) -> PatientAnswer:
    """Remove the evidence of an earlier look-up: the last one counts, and nothing appears twice."""
    if all(option.axes is None for option in answer.options):
        return answer
    options = tuple(
        replace(
            option,
            evidence=(),
            axes=None,
            no_estimate_reason=option.no_estimate_reason and option.no_estimate_reason.removesuffix(_ONLY),
        )
        for option in answer.options
        if option.listed_by == "model"
    )
    findings = tuple(each for each in answer.findings if not each.code.startswith("evidence-"))
    return replace(answer, options=options, findings=findings)


def _marked(option: OptionAnswer, therapies: Sequence[TherapyOption]) -> OptionAnswer:
    evidence = tuple(row for each in therapies for row in _rows(each))
    axes: Axes = "both" if evidence else "model only"
    if option.rank is not None:
        return replace(option, evidence=evidence, axes=axes)
    axes = "evidence only" if evidence else "neither"
    known = option.no_estimate_reason or "outside the data"
    return replace(option, evidence=evidence, axes=axes, no_estimate_reason=f"{known}{_ONLY}" if evidence else known)


def _of_evidence(therapy: TherapyOption) -> OptionAnswer:
    """Return an option from evidence that is not in the model."""
    barred = f"; evidence speaks against it: {therapy.reason}" if therapy.advice == "not_advised" else ""
    return OptionAnswer(
        option=therapy.name,
        rank=None,
        advice="no_estimate",
        evidence=tuple(_rows(therapy)),
        no_estimate_reason=f"evidence only: the model does not know this option{barred}",
        axes="evidence only",
        listed_by="evidence",
    )


def _rows(therapy: TherapyOption) -> Iterable[dict[str, str]]:
    for side in _SIDES:
        for hit in getattr(therapy, side):
            of_part = side == "related"
            yield {
                "source": hit.record.source,
                "id": hit.evidence_id,
                "tier": hit.tier or "none",
                "relation": hit.relation,
                "direction": f"{hit.direction} {hit.effect}{_OF_PART if of_part else ''}",
                "level": hit.level,
                "therapy": therapy.part_of(hit) if of_part else therapy.name,
                "reason": hit.reason,
            }


def _warnings(answer: PatientAnswer, option: OptionAnswer, therapies: Sequence[TherapyOption]) -> list[Finding]:
    """Report the evidence against an option, whatever the model advises."""
    found = []
    for each in therapies:
        name = shown(option.option)
        if each.advice == "not_advised":
            message = f"evidence speaks against {name} ({shown(each.name)}): {each.reason}"
            found.append(_finding(answer, "evidence-resistance", "serious", message))
        if each.conflict:
            message = f"evidence on {name} ({shown(each.name)}) contradicts itself: {each.conflict}"
            found.append(_finding(answer, "evidence-conflict", "warning", message))
    return found


def _uncounted(answer: PatientAnswer, left: Sequence[TherapyOption], *, others: bool) -> list[Finding]:
    """Count the therapies in the evidence that are not listed."""
    hidden = [each for each in left if not others or each.advice == "information"]
    if not hidden:
        return []
    why = "no row defines a tier for them" if others else "only options of the model were requested, or no tier"
    names = ", ".join(shown(each.name) for each in hidden[:3]) + (", …" if len(hidden) > 3 else "")
    message = f"evidence rows on {len(hidden)} further therapies ({names}) are not listed: {why}"
    return [_finding(answer, "evidence-not-listed", "info", message)]


def _finding(answer: PatientAnswer, code: str, severity: Any, message: str) -> Finding:
    return Finding(code=code, severity=severity, message=message, patient_id=answer.patient_id)


def _found(answer: PatientAnswer, findings: Sequence[Finding]) -> PatientAnswer:
    return replace(answer, findings=tuple(dict.fromkeys((*answer.findings, *findings))))
