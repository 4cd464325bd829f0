"""From a ranking to visits, requests, questions and cards that a person reads, changes and sends."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genorx.care.request.authorization import Authorization, authorization
    from genorx.care.request.payer_request import PayerRequest, read_request
    from genorx.care.request.payer_response import PayerResponse, read_response

__all__ = [
    "Authorization",
    "PayerRequest",
    "PayerResponse",
    "authorization",
    "read_request",
    "read_response",
]

# Each family is fetched when it is asked for: questions need statistics, the others do not.
_HOMES = {
    "Authorization": "request.authorization",
    "PayerRequest": "request.payer_request",
    "PayerResponse": "request.payer_response",
    "authorization": "request.authorization",
    "read_request": "request.payer_request",
    "read_response": "request.payer_response",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'genorx.care' has no attribute {name!r}")
    value = getattr(import_module(f"genorx.care.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
