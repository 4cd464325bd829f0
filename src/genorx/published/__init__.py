"""Published models: an estimate for those who have no cohort, with a card that says for whom each holds."""

from genorx.published.card import Card, InputColumn
from genorx.published.model import PublishedModel
from genorx.published.registry import list, load, names

__all__ = ["Card", "InputColumn", "PublishedModel", "list", "load", "names"]
