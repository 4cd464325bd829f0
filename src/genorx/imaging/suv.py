"""Standardised uptake values by body weight, in g/mL, of positron emission tomography.

SUV = activity concentration x body weight / remaining activity at the time to which the image is decay-corrected.
Source: Boellaard R et al. 2015, Eur J Nucl Med Mol Imaging 42:328 (EANM guideline 2.0); the Quantitative Imaging
Biomarkers Alliance's vendor-neutral description of the DICOM elements.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from genorx._core.numerals import decimal_number
from genorx.errors import ImageError
from genorx.imaging.dicom_header import moment, moment_of, number, sequence, text, time_of_day

_PHILIPS = "Philips PET Private Group"
_CORRECTIONS = ("ATTN", "DECY")
_GRAMS = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Uptake:
    """Header fields of a slice on uptake.

    Attributes
    ----------
    units, suv_type, decay_correction : str
    corrections : tuple of str
    weight : float or None
        Body weight of the patient, in kg.
    dose : float or None
        Injected activity, in Bq.
    half_life : float or None
        Half-life of the radionuclide, in s.
    series, acquisition : datetime or None
        Time of the series, and of the acquisition of the slice.
    injection : datetime or None
        Day and time of injection, if the header has both.
    injection_time : timedelta or None
        Time of day of the injection.
    suv_factor, activity_factor : float or None
        Vendor's factors for counts: to SUV, and to Bq/mL.
    """

    units: str
    suv_type: str
    decay_correction: str
    corrections: tuple[str, ...]
    weight: float | None
    dose: float | None
    half_life: float | None
    series: datetime | None
    acquisition: datetime | None
    injection: datetime | None
    injection_time: timedelta | None
    suv_factor: float | None
    activity_factor: float | None


def uptake_of(dataset: Any) -> Uptake:
    """Read a header's uptake fields."""
    dose: Any = next(iter(sequence(dataset, "RadiopharmaceuticalInformationSequence")), {})
    corrected = dataset.get("CorrectedImage") or []
    return Uptake(
        units=text(dataset, "Units").upper(),
        suv_type=text(dataset, "SUVType").upper(),
        decay_correction=text(dataset, "DecayCorrection").upper(),
        corrections=tuple(map(str, [corrected] if isinstance(corrected, str) else corrected)),
        weight=number(dataset, "PatientWeight"),
        dose=number(dose, "RadionuclideTotalDose"),
        half_life=number(dose, "RadionuclideHalfLife"),
        series=moment(text(dataset, "SeriesDate"), text(dataset, "SeriesTime")),
        acquisition=moment(text(dataset, "AcquisitionDate"), text(dataset, "AcquisitionTime")),
        injection=moment_of(text(dose, "RadiopharmaceuticalStartDateTime")),
        injection_time=time_of_day(text(dose, "RadiopharmaceuticalStartTime")),
        suv_factor=_private(dataset, 0x00),
        activity_factor=_private(dataset, 0x09),
    )


def _private(dataset: Any, element: int) -> float | None:
    """Return a number of the vendor's private block, which is bytes in files with implicit types."""
    try:
        value = dataset.private_block(0x7053, _PHILIPS)[element].value
    except KeyError:
        return None
    return decimal_number((value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)).strip(" \0"))


def suv_factors(slices: Iterable[Uptake], file: str | Path) -> list[float]:
    """Return, for each slice, the factor from its values (stored, rescaled) to SUV by body weight.

    Raises
    ------
    ImageError
        ``suv-type`` for SUV that are not by body weight; ``suv-incomplete``, with the element that the header lacks.
    """
    every = list(slices)
    return [_factor(each, every, file) for each in every]


def _factor(uptake: Uptake, every: list[Uptake], file: str | Path) -> float:
    missing = [name for name in _CORRECTIONS if name not in uptake.corrections]
    if missing:
        raise _incomplete(f"CorrectedImage lacks {' and '.join(missing)}", file)
    if uptake.units == "GML":
        if uptake.suv_type not in ("", "BW"):
            reason = f"values are SUV by {uptake.suv_type}, not by body weight"
            raise ImageError(reason, file=file, hint="use suv none to read the values as stored", code="suv-type")
        return 1.0
    if uptake.units == "CNTS":
        if uptake.suv_factor is not None and uptake.suv_factor > 0:
            return uptake.suv_factor
        name = "the vendor's factor for counts, (7053,1000) or (7053,1009)"
        return _positive(uptake.activity_factor, name, file) * _by_activity(uptake, every, file)
    if uptake.units != "BQML":
        raise _incomplete("Units are none of BQML, GML and CNTS", file)
    return _by_activity(uptake, every, file)


def _by_activity(uptake: Uptake, every: list[Uptake], file: str | Path) -> float:
    """Return the factor from Bq/mL to SUV."""
    grams = _GRAMS * _positive(uptake.weight, "PatientWeight", file)
    dose = _positive(uptake.dose, "RadionuclideTotalDose", file)
    if uptake.decay_correction == "ADMIN":
        return grams / dose
    if uptake.decay_correction != "START":
        raise _incomplete("DecayCorrection is neither START nor ADMIN", file)
    half_life = _positive(uptake.half_life, "RadionuclideHalfLife", file)
    reference = _reference(every, file)
    elapsed = (reference - _injection(uptake, reference, file)).total_seconds()
    if elapsed < 0:
        raise _incomplete("the time of injection is after that of the image", file)
    left: float = 2 ** (-elapsed / half_life)
    return grams / (dose * left)


def _reference(every: list[Uptake], file: str | Path) -> datetime:
    """Return the time to which activities are decay-corrected: that of the series, unless it was written later."""
    acquired = [each.acquisition for each in every if each.acquisition is not None]
    series = every[0].series
    if not acquired:
        raise _incomplete("AcquisitionDate or AcquisitionTime is missing", file)
    earliest = min(acquired)
    return series if series is not None and series <= earliest else earliest


def _injection(uptake: Uptake, reference: datetime, file: str | Path) -> datetime:
    if uptake.injection is not None:
        return uptake.injection
    if uptake.injection_time is None:
        raise _incomplete("RadiopharmaceuticalStartDateTime and RadiopharmaceuticalStartTime are missing", file)
    midnight = reference.replace(hour=0, minute=0, second=0, microsecond=0)
    injected = midnight + uptake.injection_time
    return injected if injected <= reference else injected - timedelta(days=1)


def _positive(value: float | None, name: str, file: str | Path) -> float:
    if value is None or not value > 0:
        raise _incomplete(f"{name} is missing or not above 0", file)
    return value


def _incomplete(reason: str, file: str | Path) -> ImageError:
    hint = "without it no SUV can be computed; suv none reads the values as stored"
    return ImageError(reason, file=file, hint=hint, code="suv-incomplete")
