"""The example service of the guide, on the loopback address: discovery, cards, what it refuses; it stores nothing."""

import asyncio
import importlib.util
import json
import socket
import threading
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from genorx import care

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "cds_service.py"


@pytest.fixture(scope="module")
def example():
    spec = importlib.util.spec_from_file_location("cds_service", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def _speak(application, reader, writer):
    """One HTTP/1.1 exchange of an ASGI application, as a server would hold it."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    method, path, _ = head[0].split(" ")
    names = {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in head[1:] if ":" in line}
    body = await reader.readexactly(int(names.get("content-length", 0)))
    sent = []

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        sent.append(message)

    await application({"type": "http", "method": method, "path": path}, receive, send)
    start, *parts = sent
    content = b"".join(part.get("body", b"") for part in parts)
    lines = [f"HTTP/1.1 {start['status']} X", f"content-length: {len(content)}", "connection: close"]
    lines += [f"{name.decode()}: {value.decode()}" for name, value in start["headers"]]
    writer.write("\r\n".join([*lines, "", ""]).encode() + content)
    await writer.drain()
    writer.close()


@contextmanager
def _running(application):
    """Serve on a free port of the loopback address in a thread of its own."""
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(
        asyncio.start_server(lambda reader, writer: _speak(application, reader, writer), "127.0.0.1", 0)
    )
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def _ask(url, message=None):
    data = None if message is None else json.dumps(message).encode()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(urllib.request.Request(url, data=data), timeout=20) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


@pytest.fixture(scope="module")
def address(example, ranking, tmp_path_factory):
    folder = tmp_path_factory.mktemp("service")
    (folder / "rankings.json").write_text(ranking.to_json())
    (folder / "patients.json").write_text(json.dumps({"fhir-1": "P1"}))
    before = sorted(folder.iterdir())
    with _running(example.service(folder / "rankings.json", folder / "patients.json")) as url:
        yield url
    assert sorted(folder.iterdir()) == before


def _call(hook, patient="fhir-1", drug="capecitabine"):
    order = {"resourceType": "MedicationRequest", "id": "1", "medicationCodeableConcept": {"text": drug}}
    context = {"patientId": patient, "userId": "Practitioner/1",
               "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": order}]}}  # fmt: skip
    return {"hook": hook, "hookInstance": "i", "context": context}


def test_the_services_are_told(address):
    status, found = _ask(f"{address}/cds-services")
    assert status == 200
    assert [each["hook"] for each in found["services"]] == ["patient-view", "order-select", "order-sign"]
    assert all({"id", "description", "hook"} <= set(each) for each in found["services"])


def test_cards_come_back_and_may_be_sent(address):
    status, found = _ask(f"{address}/cds-services/order-sign", _call("order-sign"))
    assert status == 200
    assert care.check_cards(found) == []
    assert [each["indicator"] for each in found["cards"]] == ["critical", "warning"]
    assert "P1" not in json.dumps(found)
    assert len(_ask(f"{address}/cds-services/patient-view", _call("patient-view"))[1]["cards"]) == 5


def test_what_cannot_be_answered_is_refused_and_never_an_empty_list(address):
    assert _ask(f"{address}/cds-services/order-sign", _call("order-sign", patient="other"))[0] == 412
    assert _ask(f"{address}/cds-services/order-sign", _call("patient-view"))[0] == 400
    status, found = _ask(f"{address}/cds-services/order-sign", {"hook": 5})
    assert (status, found["code"]) == (400, "hook-message")
    assert _ask(f"{address}/nothing")[0] == 404


def test_feedback_is_taken_and_not_kept(address):
    status, found = _ask(f"{address}/cds-services/order-sign/feedback", {"feedback": []})
    assert (status, found) == (200, {})


def test_the_example_opens_no_connection(example, ranking, tmp_path, monkeypatch):
    """No outbound call: with sockets forbidden, the application still answers."""
    (tmp_path / "r.json").write_text(ranking.to_json())
    (tmp_path / "p.json").write_text('{"fhir-1": "P1"}')
    application = example.service(tmp_path / "r.json", tmp_path / "p.json")
    loop = asyncio.new_event_loop()

    def refuse(*_arguments, **_named):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    sent = []

    async def receive():
        return {"body": json.dumps(_call("patient-view")).encode(), "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/cds-services/patient-view"}
    loop.run_until_complete(application(scope, receive, send))
    loop.close()
    assert sent[0]["status"] == 200


def test_a_call_that_is_too_long_is_refused(example, ranking, tmp_path):
    (tmp_path / "r.json").write_text(ranking.to_json())
    (tmp_path / "p.json").write_text("{}")
    sent = []

    async def receive():
        return {"body": b"x" * 2**20, "more_body": True}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/cds-services/patient-view"}
    loop = asyncio.new_event_loop()
    loop.run_until_complete(example.service(tmp_path / "r.json", tmp_path / "p.json")(scope, receive, send))
    loop.close()
    assert sent[0]["status"] == 413
