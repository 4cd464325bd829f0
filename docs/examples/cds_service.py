"""Cards of rankings as a CDS Hooks service: an ASGI application that stores nothing and calls nobody.

An example to start from, not a product: it has no login and no encryption, which the server in front of it needs.
Run it with any ASGI server: hypercorn "cds_service:service('rankings.json', 'patients.json')".
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from genorx import care
from genorx.errors import GenorxError

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Answer = tuple[int, Any]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

HOOKS = {
    "patient-view": "What guidance, evidence and the model say of the patient's options",
    "order-select": "What guidance and evidence say of the drugs just chosen",
    "order-sign": "What guidance and evidence say of the drugs about to be signed",
}
MOST_BYTES = 4 * 2**20  # of one call


def service(rankings: str | Path, patients: str | Path, pgx: str | Path | None = None) -> Application:
    """Return the application.

    Parameters
    ----------
    rankings : path
        What ``genorx rank --format json`` wrote.
    patients : path
        JSON object: the caller's id of a patient to that of the ranking.  Who is in neither has no card.
    pgx : path, optional
        What ``genorx pgx`` wrote.
    """
    records = {each["patient_id"]: each for each in json.loads(Path(rankings).read_text(encoding="utf-8"))}
    known: Mapping[str, str] = json.loads(Path(patients).read_text(encoding="utf-8"))

    def answered(method: str, path: str, body: bytes) -> Answer:
        if (method, path) == ("GET", "/cds-services"):
            return 200, discovery()
        hook = path.removeprefix("/cds-services/")
        if method == "POST" and hook.removesuffix("/feedback") in HOOKS:
            return (200, {}) if hook.endswith("/feedback") else cards_of(hook, body)  # feedback is not stored here
        return 404, {"error": "there is no such service"}

    def cards_of(hook: str, body: bytes) -> Answer:
        call = care.read_hook(body)
        if call.hook != hook or call.findings:
            return 400, {"error": f"this is no whole call of {hook}"}
        patient = known.get(call.patient_id or "")
        if patient not in records:
            return 412, {"error": "nothing is known of this patient, which does not mean that anything is safe"}
        made = care.cards(records[patient], hook=hook, request=call, pgx=pgx)
        return (500, {"error": "a card breaks a rule"}) if care.check_cards(made.message) else (200, made.message)

    async def application(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError("this service speaks HTTP alone")
        body = await whole_body(receive)
        try:
            status, content = answered(scope["method"], scope["path"], body) if body is not None else (413, {})
        except GenorxError as error:  # its text names places of the call, and no person
            status, content = 400, {"error": error.reason, "code": error.code, "place": error.place}
        headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(content).encode()})

    return application


def discovery() -> Message:
    """Return the document by which a client learns of the services."""
    listed = [{"id": hook, "hook": hook, "title": "genorx", "description": words} for hook, words in HOOKS.items()]
    return {"services": listed}


async def whole_body(receive: Receive) -> bytes | None:
    """Return what was sent; None where it is too much."""
    body = b""
    while len(body) <= MOST_BYTES:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body
    return None
