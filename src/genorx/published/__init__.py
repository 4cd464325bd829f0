"""Published models: an estimate for those who have no cohort, with a card that says for whom each holds."""

from genorx.published.card import Card, InputColumn
from genorx.published.combine import Combine, RelativeEffect, trial_effects
from genorx.published.comparison import Comparison, compare
from genorx.published.model import PublishedModel
from genorx.published.ranked import gains
from genorx.published.registry import list_models as list  # noqa: A004  the contract's name
from genorx.published.registry import load, names

__all__ = [
    "Card",
    "Combine",
    "Comparison",
    "InputColumn",
    "PublishedModel",
    "RelativeEffect",
    "compare",
    "gains",
    "list",
    "load",
    "names",
    "trial_effects",
]
