"""``genorx image``: an image and a mask to a table of features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genorx._core.output import to_csv, to_json
from genorx._core.progress import track
from genorx._core.workers import map_in_order
from genorx.cli.options import Seed, with_workers
from genorx.cli.output import Write, check_no_input, check_outs, deliver, deliver_all
from genorx.cli.streams import say_error, say_findings
from genorx.errors import Finding, GenorxError, ImageError, InputError, NotAnswerableError, UsageError

if TYPE_CHECKING:
    from genorx.imaging.feature_table import RegionFeatures
    from genorx.imaging.image_list import ListedRegion
    from genorx.imaging.settings import Configuration


class ImageKind(StrEnum):
    """Image modality."""

    CT = "CT"
    MR = "MR"
    PT = "PT"
    OT = "OT"


class Uptake(StrEnum):
    """Unit of positron emission tomography values."""

    BW = "bw"
    NONE = "none"


_COMMAND = "genorx image"
_DEFAULT_BINS = 32
_Image = Annotated[
    Path | None,
    typer.Argument(metavar="[IMAGE]", help="Folder of a DICOM series, DICOM file or NIfTI file.", show_default=False),
]
_Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="CSV file to write; - for standard output.")]
_Mask = Annotated[Path | None, typer.Option("--mask", metavar="FILE", help="DICOM SEG, RTSTRUCT or NIfTI file.")]
_List = Annotated[
    Path | None,
    typer.Option("--list", metavar="FILE", help="CSV: patient_id, image, mask; optional label, series, modality."),
]
_Settings = Annotated[
    Path | None, typer.Option("--settings", metavar="FILE", help="Configurations (TOML); default: one with 32 bins.")
]
_Label = Annotated[str | None, typer.Option(metavar="NAME", help="Region of the mask: its name or number.")]
_Series = Annotated[str | None, typer.Option(metavar="UID", help="Series of the folder to use.")]
_AnySeries = Annotated[
    bool, typer.Option("--any-series", help="Accept contours drawn on another series with the same frame of reference.")
]
_Patient = Annotated[str | None, typer.Option(metavar="ID", help="Patient id, if the file does not give it.")]
_Modality = Annotated[ImageKind | None, typer.Option(help="Modality of the image, which NIfTI files do not give.")]
_Suv = Annotated[Uptake, typer.Option("--suv", help="For PET: uptake by body weight, or the values as they are.")]
_Diagnostics = Annotated[bool, typer.Option("--diagnostics", help="Add rows for each processing step.")]
_Wide = Annotated[bool, typer.Option("--wide", help="One row per configuration, one column per feature.")]
_Info = Annotated[
    Path | None, typer.Option("--info", metavar="FILE", help="JSON file with the provenance of the features.")
]
_Report = Annotated[Path | None, typer.Option("--report", metavar="FILE", help="HTML page of the region.")]
_Cohort = Annotated[
    Path | None,
    typer.Option("--cohort", metavar="FILE", help="Wide table of other patients, for percentiles on the page."),
]
_Skip = Annotated[bool, typer.Option("--skip-faulty", help="Leave out and count images that cannot be measured.")]


@dataclass(frozen=True, kw_only=True)
class _How:
    """Settings for reading and measuring every image."""

    configurations: Mapping[str, Configuration]
    modality: str | None
    suv: str
    any_series: bool
    diagnose: bool


@with_workers
def image(
    image: _Image = None,
    *,
    out: _Out,
    mask: _Mask = None,
    list_: _List = None,
    settings: _Settings = None,
    label: _Label = None,
    series: _Series = None,
    any_series: _AnySeries = False,
    patient: _Patient = None,
    modality: _Modality = None,
    suv: _Suv = Uptake.BW,
    diagnostics: _Diagnostics = False,
    wide: _Wide = False,
    info: _Info = None,
    report: _Report = None,
    cohort: _Cohort = None,
    skip_faulty: _Skip = False,
    seed: Seed = 0,  # noqa: ARG001
) -> None:
    """Measure image biomarkers of a region by the definitions of the IBSI; empty cells are undefined."""
    single = {"--label": label, "--series": series, "--patient": patient, "--info": info, "--report": report}
    _check_call(image, mask, list_, {**single, "--cohort": cohort}, skip_faulty=skip_faulty)
    if cohort is not None and report is None:
        raise UsageError("--cohort is for percentiles on the page: it requires --report", file=_COMMAND)
    outs = [each for each in (out, info, report) if each is not None]
    check_outs(outs, [each for each in (image, mask, list_, settings, cohort) if each is not None])
    configurations, declared = _configurations(settings, None if modality is None else modality.value)
    how = _How(
        configurations=configurations, modality=declared, suv=suv.value, any_series=any_series, diagnose=diagnostics
    )
    if list_ is not None:
        found = _measure_list(list_, how, outs, skip_faulty=skip_faulty)
        deliver(out, _table_writer(found, wide=wide))
        return
    features = _measure_one(image, mask, how, label=label, series=series, patient=patient)
    say_findings(features.findings)
    writers = {out: _table_writer([features], wide=wide)}
    if info is not None:
        writers[info] = _info_writer(features)
    if report is not None:
        writers[report] = _page_writer(features, cohort)
    deliver_all(writers)


def _check_call(
    image: Path | None, mask: Path | None, list_: Path | None, single: Mapping[str, object], *, skip_faulty: bool
) -> None:
    """Raise an error unless the call names either one image with its mask or a list."""
    hint = "genorx image IMAGE --mask MASK --out F.csv, or genorx image --list LIST.csv --out F.csv"
    if list_ is None:
        if image is None or mask is None:
            raise UsageError("give an image and its mask, or a list", file=_COMMAND, hint=hint)
        if skip_faulty:
            raise UsageError("--skip-faulty requires --list", file=_COMMAND)
        return
    if image is not None or mask is not None:
        raise UsageError("give one image with its mask, or a list, not both", file=_COMMAND, hint=hint)
    given = [name for name, value in single.items() if value is not None]
    if given:
        raise UsageError(f"{given[0]} is for one image, not for a --list", file=_COMMAND)


def _configurations(path: Path | None, modality: str | None) -> tuple[Mapping[str, Configuration], str | None]:
    """Return the configurations, and the modality of the images."""
    from genorx.imaging.settings import Configuration, read_configurations

    if path is None:
        return {"default": Configuration(bins=_DEFAULT_BINS)}, modality
    found, declared = read_configurations(path)
    if modality is not None and declared is not None and modality != declared:
        reason = f"--modality is {modality}, but the settings have {declared}"
        raise ImageError(reason, file=path, code="modality-mismatch")
    return found, modality or declared


def _measure_one(
    image: Path | None, mask: Path | None, how: _How, *, label: str | None, series: str | None, patient: str | None
) -> RegionFeatures:
    from genorx.imaging.image_list import ListedRegion

    listed = ListedRegion(patient_id="", image=Path(image or ""), mask=Path(mask or ""), label=label, series=series)
    return _measured(listed, how, patient)


def _measured(listed: ListedRegion, how: _How, patient: str | None) -> RegionFeatures:
    """Return the features of a region; ``patient`` names the patient of an image without id, such as NIfTI."""
    from genorx.imaging import read_image, read_mask
    from genorx.imaging.feature_table import measure_region

    image = read_image(listed.image, series=listed.series, modality=listed.modality or how.modality, suv=how.suv)
    mask = read_mask(listed.mask, like=image, label=listed.label, any_series=how.any_series)
    if patient is not None and not (image.series_uid and image.patient_id):
        image = replace(image, patient_id=patient)
    return measure_region(image, mask, how.configurations, diagnose=how.diagnose)


def _measure_list(path: Path, how: _How, outs: list[Path], *, skip_faulty: bool) -> list[RegionFeatures]:
    """Return the features of each region of a list; faults are reported together, or skipped and counted."""
    from genorx.cohort.faults import Faults
    from genorx.imaging.image_list import read_image_list

    listed = read_image_list(path)
    for out in outs:
        check_no_input(out, [file for each in listed for file in (each.image, each.mask)])
    faults, found, failed = Faults(), [], 0
    for made in track(map_in_order(partial(_measure_listed, how), listed), "images", len(listed)):
        if isinstance(made, GenorxError):
            faults.add(made)
            failed += 1
        else:
            found.append(made)
    if failed and (not skip_faulty or not found):
        faults.raise_if_any()
    findings = [replace(each, patient_id=one.patient_id) for one in found for each in one.findings]
    if failed:
        message = f"{failed} of {len(listed)} images could not be measured and were left out"
        findings.append(Finding(code="image-left-out", severity="serious", message=message, place=path.name))
        for error in faults.errors:
            say_error(error)
    say_findings(findings)
    return found


def _measure_listed(how: _How, each: ListedRegion) -> RegionFeatures | GenorxError:
    """Return the features of a region, or the reason why there are none."""
    try:
        features = _measured(each, how, None)
    except (InputError, NotAnswerableError) as error:
        return error
    # voxels are not kept: a long list would exceed memory
    return replace(features, patient_id=each.patient_id).without_voxels()


def _table_writer(found: Sequence[RegionFeatures], *, wide: bool) -> Write:
    from genorx.imaging.feature_table import long_rows, table_of, wide_rows

    rows = [row for each in found for row in (wide_rows(each) if wide else long_rows(each))]
    text = to_csv(table_of(rows, wide=wide))
    return lambda path: path.write_text(text, encoding="utf-8")


def _info_writer(features: RegionFeatures) -> Write:
    from genorx.imaging.feature_table import provenance

    text = to_json(provenance(features))
    return lambda path: path.write_text(text, encoding="utf-8")


def _page_writer(features: RegionFeatures, cohort: Path | None) -> Write:
    from genorx.report.image_page import image_html, read_cohort

    others = None if cohort is None else read_cohort(cohort)
    text = image_html(features, others)
    return lambda path: path.write_text(text, encoding="utf-8")
