"""The coded action of a recommendation and its dose change, read from the source's text once, when a pack is made.

The text itself is not kept.  The first cue decides: guidelines state the action before its exceptions.
"""

from __future__ import annotations

import re
from html import unescape

from genorx.knowledge.guidance import Action

_CUES: tuple[tuple[Action, str], ...] = (
    ("no_recommendation", r"no recommendation|does not provide a recommendation|not a valid input|insufficient (data|evidence)"
     r"|not possible to (recommend|offer)|no action recommended|enzyme activity must be measured"),
    ("standard", r"no (action|reason to avoid|adjustments?|dose adjustment)|no need to avoid"),
    ("avoid", r"\bavoid(?! moderate| strong)|do not use|contra-?indicated|should not be used|not recommended"),
    ("alternative", r"(select|choose|prescribe|switch to|consider)( an?| if possible an?| the)?( \w+){0,3} alternative"
     r"|alternative (drug|agent|therap|treatment|antidepressant)\w*|other treatment options|use an alternative"),
    ("reduce", r"reduc(e|tion|ed|ing)|\d+ ?% (of|less)|low(er)? (starting |initial )?dose|do(es)? not (exceed|give doses exceeding)"
     r"|no more than|lowest|decreas|maximum dose|less than (the )?typical"),
    ("increase", r"increas(e|ing|ed)(?! to \d| in )|\b[1-9][.,]?\d* times the|doubl(e|ing)|\d-fold|high(er)? (starting |initial |target )?dose"
     r"|dose that is 1[.,]\dx higher|higher target dose"),
    ("standard", r"(recommended|standard|usual|typical|labeled|desired|normal|label)[ -](recommended )?(starting|standard|dos|daily|initial)"
     r"|starting dose|per standard|standard dos|loading dose|label-recommended|initiate (therapy )?with|use (\w+ )?(per|based on)|use [\w ]+ at"),
    ("monitor", r"monitor|be (extra )?alert|advise the patient|titrat"),
)
_COMPILED = tuple((action, re.compile(pattern, re.IGNORECASE)) for action, pattern in _CUES)

_CHANGES: tuple[tuple[str, int, float], ...] = (  # pattern of a number, its sign, and what it counts from
    (r"(\d+(?:\.\d+)?) ?% (?:dose )?reduction", -1, 0),
    (r"(?:reduc\w+|decreas\w+|lower\w*)(?: \w+){0,6}? by (?:approximately )?(\d+(?:\.\d+)?) ?%", -1, 0),
    (r"(\d+(?:\.\d+)?) ?% (?:less|lower) than", -1, 0),
    (r"(?:increas\w+)(?: \w+){0,6}? by (?:approximately )?(\d+(?:\.\d+)?) ?%", 1, 0),
    (r"(\d+(?:\.\d+)?) ?% (?:dose )?increase", 1, 0),
    (r"(\d+(?:\.\d+)?) ?% of the (?:standard|normal|usual|recommended|lowest)", 1, -100),
)
_COMPILED_CHANGES = tuple((re.compile(pattern, re.IGNORECASE), sign, base) for pattern, sign, base in _CHANGES)
_TIMES = re.compile(r"(\d+(?:[.,]\d+)?)(?: times the|x higher|-fold higher)", re.IGNORECASE)
_RANGE = re.compile(r"\d ?%? ?(?:-|–|to|or) ?\d+ ?%", re.IGNORECASE)


def plain(html: str) -> str:
    """Return the main part of a recommendation as plain text: no tags, nothing after the first heading."""
    text = re.sub(r"<[^>]+>", " ", re.split(r"<h[1-6]", html)[0])
    return re.sub(r"\s+", " ", unescape(text)).strip()


def action_of(text: str, classification: str | None) -> Action:
    """Return the coded action of a recommendation in plain text."""
    if (classification or "").lower() == "no recommendation":
        return "no_recommendation"
    found = [(match.start(), order, action) for order, (action, cue) in enumerate(_COMPILED) if (match := cue.search(text))]
    return min(found)[2] if found else "no_recommendation"


def dose_change_of(text: str) -> float | None:
    """Return the change of dose in per cent, or None where the text states none, a range, or more than one."""
    if _RANGE.search(text):
        return None
    changes = {sign * float(m.group(1)) + base for cue, sign, base in _COMPILED_CHANGES for m in cue.finditer(text)}
    changes |= {(float(m.group(1).replace(",", ".")) - 1) * 100 for m in _TIMES.finditer(text)}
    if re.match(r"double the (standard )?dose", text, re.IGNORECASE):
        changes.add(100.0)
    return round(changes.pop(), 6) if len(changes) == 1 else None
