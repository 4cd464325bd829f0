"""The orders of a request as resources: one MedicationRequest or ServiceRequest each."""

from __future__ import annotations

from genorx.care.request.parties import Parties, given
from genorx.care.request.pas import pas_profile
from genorx.care.request.request_file import OrderSection, QuantitySection, RequestFile
from genorx.interop.fhir_out.administrative import concept
from genorx.interop.fhir_out.orders import medication_request, service_request
from genorx.interop.fhir_out.resources import Json, filled, quantity, reference


def order_resources(request: RequestFile, parties: Parties, created: str, version: str) -> list[Json]:
    """Return the resource of each order, in their order."""
    return [
        (_medication if each.kind == "medication" else _service)(each, number, parties, created, version)
        for number, each in enumerate(request.order, start=1)
    ]


def order_code(order: OrderSection) -> Json:
    """Return the code of an order, unchanged."""
    return concept({name: value for name, value in given(order).items() if name in ("system", "code", "display")}) or {}


def amount(quantity_: QuantitySection | None) -> Json | None:
    """Return a Quantity, unchanged."""
    return None if quantity_ is None else filled({"value": quantity_.value, "unit": quantity_.unit})


def _medication(order: OrderSection, number: int, parties: Parties, created: str, version: str) -> Json:
    elements = {
        "authoredOn": created,
        "requester": None if parties.role is None else reference(parties.role),
        "dosageInstruction": [{"text": order.dose_text}] if order.dose_text else [],
        "dispenseRequest": filled({"quantity": amount(order.quantity)}),
    }
    reported = {"reportedBoolean": False} if version == "2.0.1" else {}
    return medication_request(
        order_code(order),
        reference(parties.patient),
        status="active",
        intent="order",
        profile=pas_profile("medicationrequest"),
        role=f"order {number}",
        **reported,
        **elements,
    )


def _service(order: OrderSection, number: int, parties: Parties, created: str, version: str) -> Json:  # noqa: ARG001
    days = (order.end - order.start).days if order.start is not None and order.end is not None else None
    timing = None if days is None else {"repeat": {"boundsDuration": {**quantity(days, "days"), "value": days}}}
    return service_request(
        order_code(order),
        reference(parties.patient),
        status="active",
        intent="order",
        profile=pas_profile("servicerequest"),
        role=f"order {number}",
        occurrenceTiming=timing,
        authoredOn=created,
        requester=None if parties.role is None else reference(parties.role),
        quantityQuantity=amount(order.quantity),
    )
