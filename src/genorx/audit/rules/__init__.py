"""The line rules, by number."""

from __future__ import annotations

from genorx.audit.rules import doses, limits, patient, provider, repeats, same_service
from genorx.audit.rules.rule import Rule

_HOMES = (same_service, patient, doses, repeats, provider, limits)

#: The shipped rules in the order of their numbers.
RULES: dict[str, Rule] = {
    rule.number: rule for rule in sorted((rule for home in _HOMES for rule in home.RULES), key=lambda rule: rule.number)
}

__all__ = ["RULES", "Rule"]
