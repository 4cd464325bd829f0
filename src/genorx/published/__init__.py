"""Published models: an estimate for those who have no cohort, with a card that says for whom each holds."""

from genorx.published.card import Card, InputColumn
from genorx.published.combine import Combine, RelativeEffect, trial_effects
from genorx.published.comparison import Comparison, compare
from genorx.published.genes import brca_carriers, cyp3a5_genes, ipssm_genes, warfarin_genes
from genorx.published.model import PublishedModel
from genorx.published.ranked import gains
from genorx.published.registry import list_models as list  # noqa: A004  the contract's name
from genorx.published.registry import load, names
from genorx.published.validation import Validation, validate

__all__ = [
    "Card",
    "Combine",
    "Comparison",
    "InputColumn",
    "PublishedModel",
    "RelativeEffect",
    "Validation",
    "brca_carriers",
    "compare",
    "cyp3a5_genes",
    "gains",
    "ipssm_genes",
    "list",
    "load",
    "names",
    "trial_effects",
    "validate",
    "warfarin_genes",
]
