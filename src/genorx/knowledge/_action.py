"""Coded action of a recommendation, its dose change and its condition, parsed from the source's text.

The text itself is not kept.  The first cue decides: guidelines state the action before its exceptions.  Where a text
leaves a choice ("measure, or avoid"), the more restrictive action counts.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import unescape

from genorx.knowledge.guidance import Action

_CUES: tuple[tuple[Action, tuple[str, ...]], ...] = (
    (
        "no_recommendation",
        (
            r"no recommendation|does not provide a recommendation|not a valid input|insufficient evidence",
            r"no action recommended|family history",
        ),
    ),
    (
        "standard",
        (r"no (action|reason to avoid|adjustments?|dose adjustment)|no need to avoid", r"no indication to change"),
    ),
    (
        "avoid",
        (
            r"\bavoid(?! moderate| strong)|do not use|contra-?indicated|should not be used|not recommended",
            r"determine the [^.]*\bor avoid\b",
        ),
    ),
    (
        "alternative",
        (
            r"(select|choose|prescribe|switch to|consider|recommend)( an?| if possible an?| the)?( \w+){0,3}"
            r" alternative",
            r"alternative (drug|agent\b|agents(?! are)|therap|treatment|antidepressant)\w*",
            r"(consider|recommend) (alternative )?hormonal|consider a clinically appropriate antidepressant",
        ),
    ),
    (
        "reduce",
        (
            r"reduc(e|tion|ed|ing)\b(?! (kidney|renal|liver))|\d+ ?% (of|less)",
            r"low(er)? (starting |initial |maintenance )?dose",
            r"do(es)? not (exceed|give doses exceeding)|no more than|decreased dose|of the (\w+ ){0,2}maximum dose",
            r"half of the|lowest recommended|less than (the )?typical|≤ ?\d+ ?mg",
        ),
    ),
    (
        "increase",
        (
            r"use the maximum dose|\b[1-9][.,]?\d* times the|doubl(e|ing)|\d-fold higher dose",
            r"(?<!proportional dose )increas(e|ing|ed)"
            r"(?!d? (to \d|dose to \d|in |risk|frequency|monitoring|clinical|plasma|toxic))",
            r"high(er)? (starting |initial |target )?dose|dose that is 1[.,]\dx higher",
        ),
    ),
    (
        "standard",
        (
            r"(recommended|standard|usual|typical|labeled|desired|normal|label)[ -](recommended )?"
            r"(starting|standard|dos|daily|initial)",
            r"starting dose|per standard|standard dos|loading dose|label[ -]recommended|product label",
            r"initiate (therapy )?with|use (\w+ )?(per|based on)|use [\w ]+ at",
        ),
    ),
    (
        "monitor",
        (
            r"monitor(?!ing (by|service))|be (extra )?alert|advise the patient|titrat|cautiously|determine the",
            r"must be measured|consider evaluating",
        ),
    ),
)
#: Sentences about what is not known; the advice follows them.
_PREAMBLE = re.compile(
    r"(it is not possible to|there is insufficient information|there are no data|the loading dose does not need"
    r"|for first dose, use|(?<![^.])[^.]*\bcannot be predicted\b)[^.]*\.",
    re.IGNORECASE,
)
_COMPILED = tuple((action, re.compile("|".join(cues), re.IGNORECASE)) for action, cues in _CUES)
#: The usual dose, but with closer monitoring.
_WATCH = re.compile(r"monitor closely|close monitoring|with caution|aware of (possible )?increased risk", re.IGNORECASE)
#: Before an action that is limited to some indications, routes, other drugs or courses.  Headings are in capitals.
_CONDITION = re.compile(
    r"(?:^|[.;:] +)(?:If (?!an alternative|possible|considering)|For (?!subsequent|the other)|In the event)"
    r"|\bIndications? |\bfor (?:non-)?malignan|\b(?!TPMT|DPYD|CFTR|DRESS)[A-Z]{4,}\b"
)
_OTHER_DRUGS = re.compile(r"co-medication with", re.IGNORECASE)
_MEASURE_FIRST = re.compile(r"determine the", re.IGNORECASE)
_HEADING = re.compile(r"(?P<heading>[^.:]*):(?=(?P<advice>[^:]{0,40}))")

_OF = r"of (?:the )?(?:standard|normal|usual|recommended|lowest|starting)"
_CHANGES: tuple[tuple[str, int, float], ...] = (  # pattern of a number, its sign, and the base to which it refers
    (r"(\d+(?:\.\d+)?) ?% (?:dose )?reduction", -1, 0),
    (r"(?:reduc\w+|decreas\w+|lower\w*)(?: \w+){0,6}? by (?:approximately )?(\d+(?:\.\d+)?) ?%", -1, 0),
    (r"(\d+(?:\.\d+)?) ?% (?:less|lower) than", -1, 0),
    (r"(?:increas\w+)(?: \w+){0,6}? by (?:approximately )?(\d+(?:\.\d+)?) ?%", 1, 0),
    (r"(\d+(?:\.\d+)?) ?% (?:dose )?increase", 1, 0),
    (rf"(\d+(?:\.\d+)?) ?% {_OF}", 1, -100),
)
_PERCENT = tuple((re.compile(pattern, re.IGNORECASE), sign, base) for pattern, sign, base in _CHANGES)
_TIMES = re.compile(r"(?<!exceed )(?<![\d.,])(\d+(?:[.,]\d+)?)(?: times the|x higher|-fold higher dose)", re.IGNORECASE)
#: A daily dose that is also given on fewer days changes by more than this, so that no single number is given.
_FOLD = re.compile(r"reduce daily dose by ([1-9]\d*)-fold(?! and (?:reduce frequency|dose thrice))", re.IGNORECASE)
_WORDS = (
    (re.compile(r"\b(double) the (?:standard )?dose", re.IGNORECASE), 100.0),
    (re.compile(r"\b(half) of the \w+ dose", re.IGNORECASE), -50.0),
)
_RANGE = re.compile(r"\d+ ?%? ?(?:-|–|to|or) ?\d+ ?%|\d+ ?% or more|\d ?(?:-|–|to) ?\d[.,\d]* times", re.IGNORECASE)
#: The text after it is about other drugs, or about patients of a study.
_OTHERS = re.compile(r"(?:is|are) not (?:an |a )?(?:suitable )?alternatives?\b", re.IGNORECASE)


def plain(html: str) -> str:
    """Return the main part of a recommendation as plain text: no tags, nothing after the first heading."""
    return whole(re.split(r"<h[1-6]", html)[0])


def whole(html: str) -> str:
    """Return the whole text without tags."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html))).strip()


def action_of(text: str, classification: str | None, *, changes_dose: bool) -> Action:
    """Return the coded action of a recommendation in plain text; ``changes_dose`` is the source's own flag."""
    return _decide(text, classification, changes_dose=changes_dose)[0]


def is_unread(text: str, classification: str | None, *, changes_dose: bool) -> bool:
    """Return whether a non-empty text contains no known cue."""
    stated = (
        text.strip(" .").lower() not in ("", "n/a", "none") and (classification or "").lower() != "no recommendation"
    )
    return stated and not _decide(text, classification, changes_dose=changes_dose)[2]


def is_conditional(text: str, classification: str | None, *, changes_dose: bool) -> bool:
    """Return whether the action applies to some people only: by indication, other drugs, course or another test."""
    action, before, rest = _decide(text, classification, changes_dose=changes_dose)
    if action == "no_recommendation":
        return False
    if _OTHER_DRUGS.match(before) or (action == "avoid" and _MEASURE_FIRST.match(rest)):
        return True
    return _CONDITION.search(before) is not None and not _is_repeated(action, rest)


def _is_repeated(action: Action, rest: str) -> bool:
    """Return whether the same action is repeated under another heading, so that it applies either way."""
    cue = next(cue for name, cue in _COMPILED if name == action)
    others = [m for m in _HEADING.finditer(rest) if not re.search(r"\bif\b|in the event", m["heading"], re.IGNORECASE)]
    return any(cue.search(m["advice"]) for m in others)


@lru_cache(maxsize=4096)  # rows of a guideline share texts
def _decide(text: str, classification: str | None, *, changes_dose: bool) -> tuple[Action, str, str]:
    """Return the action, the text before it, and the text from it on."""
    if (classification or "").lower() == "no recommendation":
        return "no_recommendation", "", ""
    stated = _PREAMBLE.sub("", text).strip()
    found = [(m.start(), order, a) for order, (a, cue) in enumerate(_COMPILED) if (m := cue.search(stated))]
    if not found:
        return "no_recommendation", "", ""
    start, _, action = min(found)
    if action == "standard" and changes_dose:  # a standard start, followed by another dose
        later = [entry for entry in found if entry[2] in ("reduce", "increase")]
        start, _, action = min(later) if later else (start, 0, action)
    if action == "standard" and _WATCH.search(stated):
        action = "monitor"
    return action, stated[:start], stated[start:]


def dose_change_of(text: str) -> float | None:
    """Return the first dose change that a text states, in per cent; None if absent or a range."""
    text = _OTHERS.split(text)[0]
    found = [
        (m.start(1), 1, sign * float(m.group(1)) + base) for cue, sign, base in _PERCENT for m in cue.finditer(text)
    ]
    found += [(m.start(1), 1, (float(m.group(1).replace(",", ".")) - 1) * 100) for m in _TIMES.finditer(text)]
    found += [(m.start(1), 1, (1 / float(m.group(1)) - 1) * 100) for m in _FOLD.finditer(text)]
    found += [(m.start(1), 1, change) for cue, change in _WORDS for m in cue.finditer(text)]
    ranges: list[tuple[int, int, float | None]] = [(m.start(), 0, None) for m in _RANGE.finditer(text)]
    first = min([*found, *ranges], default=None, key=lambda entry: entry[:2])
    return None if first is None or first[2] is None else round(first[2], 6)
