"""The coded action of a recommendation and its dose change, read from the source's text once, when a pack is made.

The text itself is not kept.  The first cue decides: guidelines state the action before its exceptions.
"""

from __future__ import annotations

import re
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
    ("avoid", (r"\bavoid(?! moderate| strong)|do not use|contra-?indicated|should not be used|not recommended",)),
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
            r"reduc(e|tion|ed|ing)|\d+ ?% (of|less)|low(er)? (starting |initial |maintenance )?dose",
            r"do(es)? not (exceed|give doses exceeding)|no more than|decreas|of the (\w+ ){0,2}maximum dose",
            r"half of the|lowest recommended|less than (the )?typical|≤ ?\d+ ?mg",
        ),
    ),
    (
        "increase",
        (
            r"use the maximum dose|\b[1-9][.,]?\d* times the|doubl(e|ing)|\d-fold higher dose",
            r"increas(e|ing|ed)(?!d? (to \d|dose to \d|in |risk|frequency|monitoring|clinical|plasma|toxic))",
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
#: Sentences about what is not known; what follows them is the advice.
_PREAMBLE = re.compile(
    r"(it is not possible to|there is insufficient information|there are no data|the loading dose does not need"
    r"|for first dose, use)[^.]*\.",
    re.IGNORECASE,
)
_COMPILED = tuple((action, re.compile("|".join(cues), re.IGNORECASE)) for action, cues in _CUES)

_CHANGES: tuple[tuple[str, int, float], ...] = (  # pattern of a number, its sign, and what it counts from
    (r"(\d+(?:\.\d+)?) ?% (?:dose )?reduction", -1, 0),
    (r"(?:reduc\w+|decreas\w+|lower\w*)(?: \w+){0,6}? by (?:approximately )?(\d+(?:\.\d+)?) ?%", -1, 0),
    (r"(\d+(?:\.\d+)?) ?% (?:less|lower) than", -1, 0),
    (r"(?:increas\w+)(?: \w+){0,6}? by (?:approximately )?(\d+(?:\.\d+)?) ?%", 1, 0),
    (r"(\d+(?:\.\d+)?) ?% (?:dose )?increase", 1, 0),
    (r"(\d+(?:\.\d+)?) ?% of the (?:standard|normal|usual|recommended|lowest)", 1, -100),
)
_COMPILED_CHANGES = tuple((re.compile(pattern, re.IGNORECASE), sign, base) for pattern, sign, base in _CHANGES)
_TIMES = re.compile(r"(\d+(?:[.,]\d+)?)(?: times the|x higher|-fold higher dose)", re.IGNORECASE)
_RANGE = re.compile(r"\d ?%? ?(?:-|–|to|or) ?\d+ ?%", re.IGNORECASE)


def plain(html: str) -> str:
    """Return the main part of a recommendation as plain text: no tags, nothing after the first heading."""
    text = re.sub(r"<[^>]+>", " ", re.split(r"<h[1-6]", html)[0])
    return re.sub(r"\s+", " ", unescape(text)).strip()


def action_of(text: str, classification: str | None, *, changes_dose: bool) -> Action:
    """Return the coded action of a recommendation in plain text; ``changes_dose`` is the source's own flag."""
    if (classification or "").lower() == "no recommendation":
        return "no_recommendation"
    rest = _PREAMBLE.sub("", text)
    found = [(m.start(), order, a) for order, (a, cue) in enumerate(_COMPILED) if (m := cue.search(rest))]
    if not found:
        return "no_recommendation"
    action = min(found)[2]
    if action == "standard" and changes_dose:  # a standard start, and then another dose
        later = [entry for entry in found if entry[2] in ("reduce", "increase")]
        return min(later)[2] if later else action
    return action


def dose_change_of(text: str) -> float | None:
    """Return the change of dose in per cent, or None where the text states none, a range, or more than one."""
    if _RANGE.search(text):
        return None
    changes = {sign * float(m.group(1)) + base for cue, sign, base in _COMPILED_CHANGES for m in cue.finditer(text)}
    changes |= {(float(m.group(1).replace(",", ".")) - 1) * 100 for m in _TIMES.finditer(text)}
    for cue, change in ((r"double the (standard )?dose", 100.0), (r"use half of the", -50.0)):
        if re.match(cue, text, re.IGNORECASE):
            changes.add(change)
    return round(changes.pop(), 6) if len(changes) == 1 else None
