"""Cards for a CDS Hooks client: construction from an answer, validation, and reading of requests and feedback."""

from genorx.care.cards.check import check_cards
from genorx.care.cards.feedback import read_feedback
from genorx.care.cards.hook_request import DraftOrder, HookRequest, read_hook
from genorx.care.cards.making import Cards, cards

__all__ = ["Cards", "DraftOrder", "HookRequest", "cards", "check_cards", "read_feedback", "read_hook"]
