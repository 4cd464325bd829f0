"""DICOM series of images; truths are the arrays that the series were made of, and hand calculations."""

import numpy as np
import pytest

import genorx as gx

RNG = np.random.default_rng(11)
STORED = RNG.integers(0, 2000, size=(6, 5, 7)).astype(float)
read_image = gx.imaging.read_image


def _refused(code, path, **options):
    with pytest.raises(gx.GenorxError) as caught:
        read_image(path, **options)
    assert caught.value.code == code
    assert "Mustermann" not in str(caught.value)
    return caught.value


def _codes(im):
    return [finding.code for finding in im.findings]


def test_slices_are_ordered_by_place_not_by_name(dicom, tmp_path):
    im = read_image(dicom.write_series(tmp_path / "s", STORED, order=[3, 0, 6, 2, 5, 1, 4]))
    np.testing.assert_allclose(im.array, STORED - 1024)
    assert im.spacing == (0.8, 0.9, 2.5)
    assert im.origin == (-10.0, -20.0, 5.0)
    np.testing.assert_allclose(im.direction, np.eye(3))
    assert (im.modality, im.unit, im.date, im.patient_id) == ("CT", "HU", "2020-01-03", dicom.PATIENT)
    assert (im.series_uid, im.study_uid, im.frame_of_reference_uid) == (dicom.SERIES, dicom.STUDY, dicom.FRAME)


def test_oblique_series_keeps_its_axes(dicom, tmp_path):
    turn = np.deg2rad(20)
    orientation = (np.cos(turn), np.sin(turn), 0, 0, 0, -1)
    im = read_image(dicom.write_series(tmp_path / "s", STORED, orientation=orientation))
    np.testing.assert_allclose(im.direction[:, 0], orientation[:3], atol=1e-7)
    np.testing.assert_allclose(im.direction[:, 2], np.cross(orientation[:3], orientation[3:]), atol=1e-7)
    np.testing.assert_allclose(im.array, STORED - 1024)
    np.testing.assert_allclose(im.voxels_of([im.origin])[0], 0, atol=1e-9)


def test_each_slice_has_its_own_slope(dicom, tmp_path):
    slopes = [1.0, 2.0, 0.5, 1.5, 3.0, 1.0, 0.25]
    im = read_image(dicom.write_series(tmp_path / "s", STORED, modality="MR", slopes=slopes, intercept=3.0))
    np.testing.assert_allclose(im.array, STORED * slopes + 3)
    assert im.unit == "arbitrary"


def test_enhanced_image_is_read_by_its_functional_groups(dicom, tmp_path):
    path = dicom.write_enhanced(
        tmp_path / "e", STORED, spacing=(0.8, 0.9, 2.5), origin=(1.0, 2.0, 3.0), order=[4, 2, 0, 6, 1, 3, 5]
    )
    im = read_image(path)
    np.testing.assert_allclose(im.array, STORED - 1024)
    assert im.origin == (1.0, 2.0, 3.0)


def test_frames_that_lie_nowhere_are_refused(dicom, tmp_path):
    def change(made, k):
        made.NumberOfFrames = 2
        made.PixelData = made.PixelData * 2

    _refused("image-multiframe", dicom.write_series(tmp_path / "s", STORED, change=change))


def test_single_slice_takes_its_thickness(dicom, tmp_path):
    one = STORED[:, :, :1]
    assert read_image(dicom.write_series(tmp_path / "a", one)).spacing[2] == 7.0
    between = dicom.write_series(tmp_path / "b", one, change=lambda made, k: setattr(made, "SpacingBetweenSlices", 4))
    assert read_image(between).spacing[2] == 4.0
    thin = dicom.write_series(tmp_path / "c", one, change=lambda made, k: delattr(made, "SliceThickness"))
    _refused("spacing-unknown", thin)


def test_steps_that_differ_a_little_are_a_finding(dicom, tmp_path):
    """Steps of a real PET: 3.19, 3.27, 3.29 mm; the spacing is the way from first to last over the steps."""
    positions = np.cumsum([0, 3.27, 3.27, 3.19, 3.29, 3.27, 3.27])
    im = read_image(dicom.write_series(tmp_path / "s", STORED, positions=positions))
    assert _codes(im) == ["slice-spacing-uneven"]
    assert im.spacing[2] == pytest.approx(positions[-1] / 6, abs=5e-5)


def test_even_steps_with_rounded_positions_are_no_finding(dicom, tmp_path):
    assert _codes(read_image(dicom.write_series(tmp_path / "s", STORED, positions=np.arange(7) * 3.0 + 0.001))) == []


@pytest.mark.parametrize(
    ("positions", "code"),
    [
        ([0, 2, 4, 8, 10, 12, 14], "series-gap"),
        ([0, 2, 4, 6, 8, 10, 12.2], "series-gap"),
        ([0, 2, 4, 4.005, 8, 10, 12], "series-duplicate-slice"),
        ([0, 0, 2, 2, 4, 4, 6], "series-duplicate-slice"),
    ],
)
def test_gaps_and_doubled_slices_are_refused(dicom, tmp_path, positions, code):
    error = _refused(code, dicom.write_series(tmp_path / "s", STORED, positions=positions))
    assert "slices" in error.place


def test_leaning_stack_is_refused(dicom, tmp_path):
    def change(made, k):
        made.ImagePositionPatient = [-10.0 + 0.05 * k, -20.0, 5.0 + 2.5 * k]

    _refused("series-tilt", dicom.write_series(tmp_path / "s", STORED, change=change))


def test_other_orientations_and_sizes_are_refused(dicom, tmp_path):
    def turned(made, k):
        if k == 3:
            made.ImageOrientationPatient = [0.99, 0.141067, 0, -0.141067, 0.99, 0]

    def larger(made, k):
        if k == 3:
            dicom.pixels(made, np.zeros((5, 8)))

    _refused("series-orientation", dicom.write_series(tmp_path / "a", STORED, change=turned))
    _refused("series-geometry", dicom.write_series(tmp_path / "b", STORED, change=larger))
    gone = dicom.write_series(tmp_path / "c", STORED, change=lambda made, k: delattr(made, "ImagePositionPatient"))
    _refused("series-geometry", gone)
    flat = dicom.write_series(tmp_path / "d", STORED, change=lambda made, k: delattr(made, "PixelSpacing"))
    _refused("spacing-unknown", flat)


def test_several_series_need_a_choice(dicom, tmp_path):
    folder = dicom.write_series(tmp_path / "s", STORED)
    dicom.write_series(folder, STORED + 5, series="1.9.9", name="other")
    error = _refused("series-mixed", folder)
    assert "1.9.9" in str(error)
    assert dicom.SERIES in str(error)
    np.testing.assert_allclose(read_image(folder, series="1.9.9").array, STORED + 5 - 1024)
    _refused("image-empty", folder, series="1.8.8")


def test_what_is_no_image_is_passed_over(dicom, tmp_path):
    folder = dicom.write_series(tmp_path / "s", STORED)
    (folder / "notes.txt").write_text("nothing")
    (folder / "below").mkdir()
    dicom.write_series(folder / "below", STORED, series="1.9.9")
    dicom.write_contours(folder / "aa", [("tumour", [])])
    dicom.write_seg(folder / "bb", [(1, (0, 0, 0), np.ones((2, 2)))])
    dicom.write_report(folder / "cc", [])
    im = read_image(folder)
    assert im.shape == STORED.shape
    assert _codes(im) == ["file-not-image"]
    assert im.findings[0].message.startswith("1 file")


def test_a_folder_without_an_image_is_empty(tmp_path):
    _refused("image-empty", tmp_path)
    (tmp_path / "x").write_text("nothing")
    _refused("image-empty", tmp_path)
    _refused("image-unreadable", tmp_path / "x")
    _refused("file-absent", tmp_path / "y")


def test_two_patients_in_a_series_are_refused(dicom, tmp_path):
    folder = dicom.write_series(tmp_path / "s", STORED, patients=["A", "A", "B", "A", "A", "A", "A"])
    error = _refused("patient-mismatch", folder)
    assert '"A"' not in str(error)


def test_colour_and_undecodable_pixels_are_refused(dicom, tmp_path):
    def colour(made, k):
        made.SamplesPerPixel = 3
        made.PhotometricInterpretation = "RGB"
        made.PlanarConfiguration = 0

    def packed(made, k):
        made.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.90"
        from pydicom.encaps import encapsulate

        made.PixelData = encapsulate([b"nothing that is JPEG 2000"])

    def short(made, k):
        made.PixelData = made.PixelData[:10]

    _refused("image-colour", dicom.write_series(tmp_path / "a", STORED, change=colour))
    _refused("transfer-syntax", dicom.write_series(tmp_path / "b", STORED, change=packed))
    _refused("transfer-syntax", dicom.write_series(tmp_path / "c", STORED, change=short))


def test_run_length_encoding_needs_no_further_package(dicom, tmp_path):
    from pydicom.uid import RLELossless

    folder = dicom.write_series(tmp_path / "s", STORED, change=lambda made, k: made.compress(RLELossless))
    np.testing.assert_allclose(read_image(folder).array, STORED - 1024)


def test_impossible_header_is_unreadable(dicom, tmp_path):
    folder = dicom.write_series(tmp_path / "s", STORED)
    path = folder / "image003"
    path.write_bytes(path.read_bytes().replace(b"0.9\\0.8", b"x.9\\y.8"))
    _refused("image-unreadable", folder)


def test_text_burnt_into_pixels_is_a_finding(dicom, tmp_path):
    folder = dicom.write_series(
        tmp_path / "s", STORED, change=lambda made, k: setattr(made, "BurnedInAnnotation", "YES")
    )
    assert _codes(read_image(folder)) == ["burned-in-annotation"]


def test_said_and_found_modality_must_agree(dicom, tmp_path):
    folder = dicom.write_series(tmp_path / "s", STORED)
    _refused("modality-mismatch", folder, modality="MR")
    assert read_image(folder, modality="CT").modality == "CT"
    with pytest.raises(gx.GenorxError, match="modality must be one of"):
        read_image(folder, modality="XX")


def test_nothing_of_the_person_is_kept(dicom, tmp_path):
    im = read_image(dicom.write_series(tmp_path / "s", STORED))
    assert "Mustermann" not in repr(im)
    assert "19640812" not in repr(im)


# standardised uptake


def _pet(dicom, folder, value=5000, slope=1.0, **changed):
    stored = np.full((3, 3, 2), value / slope)
    return dicom.write_series(
        folder,
        stored,
        modality="PT",
        intercept=0.0,
        slopes=[slope, slope],
        change=lambda made, k: dicom.uptake(made, **changed),
    )


def test_uptake_by_body_weight(dicom, tmp_path):
    """5000 x 71500 / (370e6 x 2^(-4200/6586.2)) = 1.5033, by hand."""
    im = read_image(_pet(dicom, tmp_path / "s"))
    assert im.unit == "SUVbw"
    np.testing.assert_allclose(im.array, 5000 * 71500 / (370e6 * 2 ** (-4200 / 6586.2)))
    assert im.array[0, 0, 0] == pytest.approx(1.5033, abs=5e-5)
    plain = read_image(tmp_path / "s", suv="none")
    assert plain.unit == "Bq/mL"
    np.testing.assert_allclose(plain.array, 5000)


@pytest.mark.parametrize(
    ("changed", "elapsed"),
    [
        ({"SeriesTime": "103000"}, 4320),  # written after the first acquisition: 10:12 counts
        ({"SeriesDate": None}, 4320),
        ({"RadiopharmaceuticalStartDateTime": "20200103085000.000"}, 4800),
        ({"RadiopharmaceuticalStartTime": "230000", "SeriesTime": "003000", "AcquisitionTime": "003100"}, 5400),
        ({"SeriesTime": "101000.500"}, 4200.5),
    ],
)
def test_reference_and_injection_times(dicom, tmp_path, changed, elapsed):
    im = read_image(_pet(dicom, tmp_path / "s", **changed))
    np.testing.assert_allclose(im.array, 5000 * 71500 / (370e6 * 2 ** (-elapsed / 6586.2)))


def test_decay_to_administration_needs_no_time(dicom, tmp_path):
    im = read_image(_pet(dicom, tmp_path / "s", DecayCorrection="ADMIN", RadiopharmaceuticalStartTime=None))
    np.testing.assert_allclose(im.array, 5000 * 71500 / 370e6)


def test_values_that_are_uptake_already(dicom, tmp_path):
    im = read_image(_pet(dicom, tmp_path / "a", value=4, Units="GML", SUVType="BW"))
    np.testing.assert_allclose(im.array, 4)
    _refused("suv-type", _pet(dicom, tmp_path / "b", value=4, Units="GML", SUVType="LBM"))


def test_counts_of_a_vendor(dicom, tmp_path):
    def counts(suv, activity):
        def change(made, k):
            dicom.uptake(made, Units="CNTS")
            block = made.private_block(0x7053, "Philips PET Private Group", create=True)
            block.add_new(0x00, "DS", suv)
            block.add_new(0x09, "DS", activity)

        return change

    stored = np.full((3, 3, 2), 100)
    options = {"modality": "PT", "intercept": 0.0}
    im = read_image(dicom.write_series(tmp_path / "a", stored, change=counts("0.02", "5"), **options))
    np.testing.assert_allclose(im.array, 2.0)
    im = read_image(dicom.write_series(tmp_path / "b", stored, change=counts("0", "50"), **options))
    np.testing.assert_allclose(im.array, 5000 * 71500 / (370e6 * 2 ** (-4200 / 6586.2)))
    _refused("suv-incomplete", dicom.write_series(tmp_path / "c", stored, change=counts("0", "0"), **options))
    _refused("suv-incomplete", _pet(dicom, tmp_path / "d", Units="CNTS"))


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"PatientWeight": None}, "PatientWeight"),
        ({"PatientWeight": 0}, "PatientWeight"),
        ({"RadionuclideTotalDose": None}, "RadionuclideTotalDose"),
        ({"RadionuclideTotalDose": 0}, "RadionuclideTotalDose"),
        ({"RadionuclideHalfLife": None}, "RadionuclideHalfLife"),
        ({"RadiopharmaceuticalStartTime": None}, "RadiopharmaceuticalStartTime"),
        ({"AcquisitionTime": None}, "AcquisitionTime"),
        ({"CorrectedImage": ["DECY"]}, "ATTN"),
        ({"CorrectedImage": ["ATTN", "SCAT"]}, "DECY"),
        ({"CorrectedImage": None}, "CorrectedImage"),
        ({"DecayCorrection": "NONE"}, "DecayCorrection"),
        ({"Units": "PROPCPS"}, "Units"),
        ({"RadiopharmaceuticalStartDateTime": "20200103110000"}, "injection"),
    ],
)
def test_uptake_that_cannot_be_computed_names_what_is_missing(dicom, tmp_path, changed, named):
    if "Radiopharmaceutical" in next(iter(changed)) or "Radionuclide" in next(iter(changed)):
        changed = dict(changed)
    error = _refused("suv-incomplete", _pet(dicom, tmp_path / "s", **changed))
    assert named in str(error)
