"""DICOM series, segmentations and structure sets, made by code."""

from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

CT = "1.2.840.10008.5.1.4.1.1.2"
MR = "1.2.840.10008.5.1.4.1.1.4"
PET = "1.2.840.10008.5.1.4.1.1.128"
ENHANCED_CT = "1.2.840.10008.5.1.4.1.1.2.1"
SEG = "1.2.840.10008.5.1.4.1.1.66.4"
RTSTRUCT = "1.2.840.10008.5.1.4.1.1.481.3"
REPORT = "1.2.840.10008.5.1.4.1.1.88.33"
KINDS = {"CT": CT, "MR": MR, "PT": PET}
FRAME = "1.2.3.4.1"
SERIES = "1.2.3.4.2"
STUDY = "1.2.3.4.3"
PATIENT = "P0001"


def file(path, kind, *, modality, patient=PATIENT, frame=FRAME, series=SERIES, syntax=ExplicitVRLittleEndian):
    """A DICOM file with what all of them have; a name and a birth date that nothing may show."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = kind
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = syntax
    found = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    found.SOPClassUID = kind
    found.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    found.Modality = modality
    found.PatientID = patient
    found.PatientName = "Mustermann^Erika"
    found.PatientBirthDate = "19640812"
    found.StudyInstanceUID = STUDY
    found.SeriesInstanceUID = series
    found.FrameOfReferenceUID = frame
    found.StudyDate = "20200102"
    return found


def save(dataset, path):
    dataset.save_as(path, enforce_file_format=True)


def write_series(
    folder: Path,
    array: np.ndarray,
    *,
    modality="CT",
    spacing=(0.8, 0.9, 2.5),
    origin=(-10.0, -20.0, 5.0),
    orientation=(1, 0, 0, 0, 1, 0),
    positions=None,
    slopes=None,
    intercept=-1024.0,
    order=None,
    change=None,
    patients=None,
    series=SERIES,
    frame=FRAME,
    patient=PATIENT,
    name="image",
):
    """Write ``array[column, row, slice]`` (stored values) as a folder of files; return the folder.

    ``positions``: distances of slices along the normal; ``change(dataset, k)`` alters a file before it is written.
    """
    folder.mkdir(exist_ok=True)
    row, column = np.array(orientation[:3], float), np.array(orientation[3:], float)
    normal = np.cross(row, column)
    slices = array.shape[2]
    along = np.arange(slices) * spacing[2] if positions is None else np.asarray(positions, float)
    for place, k in enumerate(range(slices) if order is None else order):
        made = file(folder / f"{name}{place:03d}", KINDS[modality], modality=modality, series=series, frame=frame,
                    patient=patient if patients is None else patients[k])  # fmt: skip
        made.InstanceNumber = 1000 - place
        made.ImagePositionPatient = [float(f"{each:.8f}") for each in np.array(origin) + along[k] * normal]
        made.ImageOrientationPatient = [float(f"{each:.8f}") for each in orientation]
        made.PixelSpacing = [spacing[1], spacing[0]]
        made.SliceThickness = 7.0
        pixels(made, array[:, :, k].T)
        made.RescaleSlope = 1.0 if slopes is None else slopes[k]
        made.RescaleIntercept = intercept
        made.AcquisitionDate = "20200103"
        if change is not None:
            change(made, k)
        save(made, folder / f"{name}{place:03d}")
    return folder


def pixels(dataset, values):
    values = np.asarray(values)
    dataset.Rows, dataset.Columns = values.shape[-2:]
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit = 15
    dataset.PixelRepresentation = 1
    dataset.PixelData = values.astype("<i2").tobytes()


def item(**elements):
    made = Dataset()
    for name, value in elements.items():
        setattr(
            made,
            name,
            Sequence(value) if isinstance(value, list) and value and isinstance(value[0], Dataset) else value,
        )
    return made


def write_enhanced(path, array, *, spacing, origin, order):
    """An enhanced CT: all slices are frames of one file, in any order."""
    made = file(path, ENHANCED_CT, modality="CT")
    pixels(made, np.stack([array[:, :, k].T for k in order]))
    made.NumberOfFrames = len(order)
    made.SharedFunctionalGroupsSequence = Sequence([item(
        PixelMeasuresSequence=[item(PixelSpacing=[spacing[1], spacing[0]], SliceThickness=spacing[2])],
        PlaneOrientationSequence=[item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])],
        PixelValueTransformationSequence=[item(RescaleSlope=1, RescaleIntercept=-1024, RescaleType="HU")],
    )])  # fmt: skip
    made.PerFrameFunctionalGroupsSequence = Sequence([
        item(PlanePositionSequence=[item(ImagePositionPatient=[origin[0], origin[1], origin[2] + k * spacing[2]])])
        for k in order
    ])  # fmt: skip
    save(made, path)
    return path


def uptake(dataset, **changed):
    """Elements of a PET image as in the check of the specification of SUV: 1.5033 for 5,000 Bq/mL."""
    dose = item(RadionuclideTotalDose=370e6, RadiopharmaceuticalStartTime="090000", RadionuclideHalfLife=6586.2)
    values = {
        "Units": "BQML", "CorrectedImage": ["DECY", "ATTN", "SCAT"], "DecayCorrection": "START",
        "PatientWeight": 71.5, "SeriesDate": "20200103", "SeriesTime": "101000", "AcquisitionTime": "101200",
    }  # fmt: skip
    inside = {key: value for key, value in changed.items() if key.startswith("Radio")}
    for key, value in (values | {key: value for key, value in changed.items() if key not in inside}).items():
        if value is None:
            if key in dataset:
                delattr(dataset, key)
        else:
            setattr(dataset, key, value)
    for key, value in inside.items():
        if value is None:
            delattr(dose, key)
        else:
            setattr(dose, key, value)
    dataset.RadiopharmaceuticalInformationSequence = Sequence([dose])


def write_seg(
    path,
    frames,
    *,
    spacing=(0.8, 0.9, 2.5),
    orientation=(1, 0, 0, 0, 1, 0),
    labels=("tumour",),
    numbers=None,
    kind="BINARY",
    fractions=None,
    frame=FRAME,
    patient=PATIENT,
    change=None,
):
    """``frames``: (segment number, position of the first pixel, pixels[row, column]) each."""
    made = file(path, SEG, modality="SEG", series=generate_uid(), frame=frame, patient=patient)
    planes = np.stack([np.asarray(each[2]) for each in frames])
    made.NumberOfFrames, made.Rows, made.Columns = planes.shape
    made.SamplesPerPixel, made.PhotometricInterpretation, made.PixelRepresentation = 1, "MONOCHROME2", 0
    made.SegmentationType = kind
    if kind == "BINARY":
        made.BitsAllocated = made.BitsStored = 1
        made.HighBit = 0
        packed = np.packbits(planes.astype(bool).ravel(), bitorder="little").tobytes()
    else:
        made.BitsAllocated = made.BitsStored = 8
        made.HighBit = 7
        made.MaximumFractionalValue = fractions
        packed = planes.astype(np.uint8).tobytes()
    made.PixelData = packed + b"\0" * (len(packed) % 2)
    numbers = numbers or range(1, len(labels) + 1)
    made.SegmentSequence = Sequence(
        [item(SegmentNumber=number, SegmentLabel=label) for number, label in zip(numbers, labels, strict=True)]
    )
    made.SharedFunctionalGroupsSequence = Sequence([item(
        PixelMeasuresSequence=[item(PixelSpacing=[spacing[1], spacing[0]], SliceThickness=spacing[2])],
        PlaneOrientationSequence=[item(ImageOrientationPatient=list(orientation))],
    )])  # fmt: skip
    made.PerFrameFunctionalGroupsSequence = Sequence([item(
        PlanePositionSequence=[item(ImagePositionPatient=[float(f"{each:.6f}") for each in position])],
        SegmentIdentificationSequence=[item(ReferencedSegmentNumber=number)],
    ) for number, position, _ in frames])  # fmt: skip
    if change is not None:
        change(made)
    save(made, path)
    return path


def write_contours(path, regions, *, frame=FRAME, series=SERIES, patient=PATIENT, numbers=None):
    """``regions``: name -> list of points (n, 3) in mm, or (type, points)."""
    made = file(path, RTSTRUCT, modality="RTSTRUCT", series=generate_uid(), frame=frame, patient=patient)
    numbers = list(numbers or range(1, len(regions) + 1))
    made.StructureSetROISequence = Sequence([
        item(ROINumber=number, ROIName=name, ReferencedFrameOfReferenceUID=frame)
        for number, (name, _) in zip(numbers, regions, strict=True)
    ])  # fmt: skip
    made.ROIContourSequence = Sequence([
        item(ReferencedROINumber=number, ContourSequence=Sequence([_contour(each) for each in contours]))
        for number, (_, contours) in zip(numbers, regions, strict=True)
    ])  # fmt: skip
    if series is not None:
        study = item(RTReferencedSeriesSequence=[item(SeriesInstanceUID=series)])
        made.ReferencedFrameOfReferenceSequence = Sequence(
            [item(FrameOfReferenceUID=frame, RTReferencedStudySequence=[study])]
        )
    save(made, path)
    return path


def _contour(each):
    kind, points = each if isinstance(each, tuple) else ("CLOSED_PLANAR", each)
    values = np.round(np.asarray(points, float), 5).ravel().tolist()
    return item(ContourGeometricType=kind, NumberOfContourPoints=len(points), ContourData=values)


def write_report(path, groups, *, patient=PATIENT):
    """A structured report: groups of (scheme, code, value), each value nested one level deeper than the last."""
    made = file(path, REPORT, modality="SR", series=generate_uid(), patient=patient)
    made.ContentSequence = Sequence([_container("126010", "DCM", [_group(group) for group in groups])])
    save(made, path)
    return path


def _group(values):
    inner = []
    for scheme, code, value in reversed(values):
        number = _container(code, scheme, inner, kind="NUM")
        number.MeasuredValueSequence = Sequence([item(NumericValue=value)])
        inner = [number]
    return _container("125007", "DCM", inner)


def _container(code, scheme, content, kind="CONTAINER"):
    concept = item(CodeValue=code, CodingSchemeDesignator=scheme, CodeMeaning="x")
    made = item(ValueType=kind, ConceptNameCodeSequence=[concept])
    if content:
        made.ContentSequence = Sequence(content)
    return made
