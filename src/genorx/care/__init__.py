"""From a ranking to visits, requests, questions and cards that a person reviews, edits and sends."""

# ``cards`` and ``questions`` are functions and modules: the functions are bound here, behind the import of the modules.
from genorx.care.cards import Cards, HookRequest, cards, check_cards, read_feedback, read_hook
from genorx.care.forms import answers, questionnaire
from genorx.care.question_bars import QuestionSection, plot_questions
from genorx.care.questions import questions
from genorx.care.regimen import Check, Hold, Regimen, RegimenPack, read_regimens
from genorx.care.regimen.plan import CarePlan, plan, read_plan
from genorx.care.request.authorization import Authorization, authorization
from genorx.care.request.payer_request import PayerRequest, read_request
from genorx.care.request.payer_response import PayerResponse, read_response
from genorx.care.schedule import Calendar, Schedule, read_calendar

__all__ = [
    "Authorization",
    "Calendar",
    "Cards",
    "CarePlan",
    "Check",
    "Hold",
    "HookRequest",
    "PayerRequest",
    "PayerResponse",
    "QuestionSection",
    "Regimen",
    "RegimenPack",
    "Schedule",
    "answers",
    "authorization",
    "cards",
    "check_cards",
    "plan",
    "plot_questions",
    "questionnaire",
    "questions",
    "read_calendar",
    "read_feedback",
    "read_hook",
    "read_plan",
    "read_regimens",
    "read_request",
    "read_response",
]
