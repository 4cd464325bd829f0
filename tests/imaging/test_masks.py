"""Masks from NIfTI, SEG and RTSTRUCT; truths are the masks that the files were made of."""

import nibabel
import numpy as np
import pytest

import genorx as gx
from genorx.imaging.contours import inside_polygon

read_image, read_mask = gx.imaging.read_image, gx.imaging.read_mask
SHAPE = (12, 10, 6)
SPACING = (0.8, 0.9, 2.5)
ORIGIN = (-10.0, -20.0, 5.0)
TRUTH = np.zeros(SHAPE, bool)
TRUTH[3:8, 2:7, 1:4] = True
TRUTH[5, 4, 2] = False
TRUTH[9, 8, 3] = True


@pytest.fixture
def im(dicom, tmp_path):
    return read_image(dicom.write_series(tmp_path / "series", np.zeros(SHAPE), spacing=SPACING, origin=ORIGIN))


def _refused(code, *args, **options):
    with pytest.raises(gx.GenorxError) as caught:
        read_mask(*args, **options)
    assert caught.value.code == code, caught.value
    return caught.value


def _affine(spacing=SPACING, origin=ORIGIN):
    lps = np.diag([*spacing, 1.0])
    lps[:3, 3] = origin
    return np.diag([-1.0, -1.0, 1.0, 1.0]) @ lps


def _nifti(path, array, affine):
    nibabel.save(nibabel.Nifti1Image(array, affine), path)
    return path


# NIfTI


def test_nifti_mask_of_a_dicom_image(im, tmp_path):
    roi = read_mask(_nifti(tmp_path / "m.nii.gz", TRUTH.astype(np.uint8), _affine()), like=im)
    np.testing.assert_array_equal(roi.array, TRUTH)
    assert (roi.source, roi.label) == ("nifti", "1")


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 0, 2)])
@pytest.mark.parametrize("flips", [(1, 1, 1), (-1, 1, 1), (1, -1, -1), (-1, -1, -1)])
def test_nifti_mask_in_another_order_of_axes(im, tmp_path, order, flips):
    image = nibabel.Nifti1Image(TRUTH.astype(np.uint8), _affine())
    turn = [[order.index(axis), flips[axis]] for axis in range(3)]
    path = tmp_path / "m.nii"
    nibabel.save(image.as_reoriented(turn), path)
    np.testing.assert_array_equal(read_mask(path, like=im).array, TRUTH)


def test_labels_of_a_nifti_mask(im, tmp_path):
    path = _nifti(tmp_path / "m.nii", (TRUTH * 2 + np.roll(TRUTH, 4, axis=0) * 5).astype(np.uint8), _affine())
    error = _refused("mask-label-needed", path, like=im)
    assert "2" in error.hint
    np.testing.assert_array_equal(
        read_mask(path, like=im, label=2).array & TRUTH, read_mask(path, like=im, label="2").array
    )
    _refused("mask-label", path, like=im, label="3")


def test_probabilities_are_no_mask(im, tmp_path):
    _refused("mask-values", _nifti(tmp_path / "m.nii", TRUTH * 0.7, _affine()), like=im)
    _refused("mask-values", _nifti(tmp_path / "n.nii", np.where(TRUTH, np.nan, 0.0), _affine()), like=im)


def test_empty_nifti_mask(im, tmp_path):
    error = _refused("mask-empty", _nifti(tmp_path / "m.nii", np.zeros(SHAPE, np.uint8), _affine()), like=im)
    assert error.exit_code == 4


@pytest.mark.parametrize(
    ("shape", "spacing", "origin"),
    [
        ((12, 10, 5), SPACING, ORIGIN),
        (SHAPE, (0.8, 0.9, 2.503), ORIGIN),
        (SHAPE, SPACING, (-10.0, -20.0, 5.02)),
    ],
)
def test_nifti_mask_on_another_grid(im, tmp_path, shape, spacing, origin):
    path = _nifti(tmp_path / "m.nii", np.ones(shape, np.uint8), _affine(spacing, origin))
    _refused("mask-geometry", path, like=im)


def test_oblique_nifti_mask_of_an_upright_image(im, tmp_path):
    """Turned by 0.6 degrees, and with axes that are not at right angles."""
    turned, sheared = _affine(), _affine()
    turned[:2, :2] = np.array([[np.cos(0.01), -np.sin(0.01)], [np.sin(0.01), np.cos(0.01)]]) @ turned[:2, :2]
    sheared[1, 0] += 0.01
    for code, affine in {"mask-geometry": turned, "series-tilt": sheared}.items():
        _refused(code, _nifti(tmp_path / "m.nii", TRUTH.astype(np.uint8), affine), like=im)


def test_files_that_are_no_masks(im, dicom, tmp_path):
    (tmp_path / "m.nii").write_bytes(b"nothing")
    (tmp_path / "m.dcm").write_bytes(b"nothing")
    (tmp_path / "m.nii.gz").write_bytes(b"\x1f\x8bcut")
    for name in ("m.nii", "m.dcm", "m.nii.gz", "series/image000"):
        _refused("mask-unreadable", tmp_path / name, like=im)
    _refused("file-absent", tmp_path / "absent.nii", like=im)


# SEG


def _frames(mask, number=1, *, crop=None, order=None):
    """Frames of the slices that hold something, cropped to ``crop`` = (first column, first row)."""
    left, top = crop or (0, 0)
    found = []
    for k in order or range(SHAPE[2]):
        if mask[:, :, k].any():
            at = (ORIGIN[0] + left * SPACING[0], ORIGIN[1] + top * SPACING[1], ORIGIN[2] + k * SPACING[2])
            found.append((number, at, mask[left:, top:, k].T))
    return found


def test_seg_with_frames_in_any_order(im, dicom, tmp_path):
    path = dicom.write_seg(tmp_path / "m.dcm", _frames(TRUTH, order=[3, 1, 2]))
    roi = read_mask(path, like=im)
    np.testing.assert_array_equal(roi.array, TRUTH)
    assert (roi.source, roi.label) == ("seg", "tumour")


def test_seg_with_cropped_frames_that_fill_no_whole_bytes(im, dicom, tmp_path):
    """9 x 8 pixels of three frames: 216 bits, and each frame begins within a byte."""
    frames = _frames(TRUTH, crop=(3, 1))
    assert frames[0][2].size % 8
    np.testing.assert_array_equal(read_mask(dicom.write_seg(tmp_path / "m.dcm", frames), like=im).array, TRUTH)


def test_fractional_seg_is_cut_at_half(im, dicom, tmp_path):
    values = [(n, at, np.where(pixels, 125, 124)) for n, at, pixels in _frames(TRUTH)]
    path = dicom.write_seg(tmp_path / "m.dcm", values, kind="FRACTIONAL", fractions=250)
    np.testing.assert_array_equal(read_mask(path, like=im).array, TRUTH)


def test_segments_by_name_and_number(im, dicom, tmp_path):
    other = np.roll(TRUTH, 2, axis=1)
    frames = [*_frames(TRUTH, 1), *_frames(other, 7)]
    path = dicom.write_seg(tmp_path / "m.dcm", frames, labels=("tumour", "node"), numbers=(1, 7))
    assert "node (7)" in _refused("mask-label-needed", path, like=im).hint
    for label in ("node", "7", 7):
        np.testing.assert_array_equal(read_mask(path, like=im, label=label).array, other)
    assert "node" in _refused("mask-label", path, like=im, label="lung").hint
    twice = dicom.write_seg(tmp_path / "n.dcm", frames, labels=("node", "node"), numbers=(1, 7))
    assert "1, 7" in _refused("mask-label-ambiguous", twice, like=im, label="node").hint
    np.testing.assert_array_equal(read_mask(twice, like=im, label="7").array, other)


def test_name_goes_before_number(im, dicom, tmp_path):
    other = np.roll(TRUTH, 2, axis=1)
    frames = [*_frames(TRUTH, 1), *_frames(other, 2)]
    path = dicom.write_seg(tmp_path / "m.dcm", frames, labels=("2", "1"))
    np.testing.assert_array_equal(read_mask(path, like=im, label="2").array, TRUTH)


def test_seg_beside_the_grid(im, dicom, tmp_path):
    def moved(by):
        return [(n, tuple(np.array(at) + by), pixels) for n, at, pixels in _frames(TRUTH)]

    np.testing.assert_array_equal(read_mask(dicom.write_seg(tmp_path / "a", moved((0.03, 0, 0))), like=im).array, TRUTH)
    _refused("mask-geometry", dicom.write_seg(tmp_path / "b", moved((0.06, 0, 0))), like=im)
    _refused("mask-geometry", dicom.write_seg(tmp_path / "c", moved((0, 0, 0.2))), like=im)
    _refused("mask-geometry", dicom.write_seg(tmp_path / "d", _frames(TRUTH), spacing=(0.802, 0.9, 2.5)), like=im)
    turned = dicom.write_seg(tmp_path / "e", _frames(TRUTH), orientation=(0.999998, 0.002, 0, -0.002, 0.999998, 0))
    _refused("mask-geometry", turned, like=im)


def test_seg_beyond_the_image(im, dicom, tmp_path):
    wide = [(n, at, np.pad(pixels, ((0, 0), (0, 3)), constant_values=1)) for n, at, pixels in _frames(TRUTH)]
    assert _refused("mask-outside", dicom.write_seg(tmp_path / "a", wide), like=im).place == "frame 1"
    above = [(n, (at[0], at[1], at[2] + 2.5 * 4), pixels) for n, at, pixels in _frames(TRUTH)]
    _refused("mask-outside", dicom.write_seg(tmp_path / "b", above), like=im)


def test_seg_of_somebody_or_somewhere_else(im, dicom, tmp_path):
    frames = _frames(TRUTH)
    error = _refused("patient-mismatch", dicom.write_seg(tmp_path / "a", frames, patient="P0002"), like=im)
    assert "P0002" not in str(error)
    assert "P0001" not in str(error)
    _refused("mask-frame-of-reference", dicom.write_seg(tmp_path / "b", frames, frame="1.9"), like=im)


def test_damaged_seg(im, dicom, tmp_path):
    def cut(made):
        made.PixelData = made.PixelData[:4]

    def nowhere(made):
        del made.PerFrameFunctionalGroupsSequence[0].PlanePositionSequence

    _refused("mask-unreadable", dicom.write_seg(tmp_path / "a", _frames(TRUTH), change=cut), like=im)
    _refused("mask-unreadable", dicom.write_seg(tmp_path / "b", _frames(TRUTH), change=nowhere), like=im)
    odd = dicom.write_seg(
        tmp_path / "c", _frames(TRUTH), change=lambda made: setattr(made, "SegmentationType", "LABELMAP")
    )
    _refused("mask-unreadable", odd, like=im)


def test_empty_segment(im, dicom, tmp_path):
    path = dicom.write_seg(tmp_path / "a", [(1, ORIGIN, np.zeros((10, 12)))])
    assert _refused("mask-empty", path, like=im).exit_code == 4


# RTSTRUCT


def _mm(points, k, like):
    """Points in voxels of slice ``k`` as mm of the patient."""
    at = np.column_stack([np.asarray(points, float), np.full(len(points), float(k))])
    return np.array(like.origin) + at @ (like.direction * like.spacing).T


def _box(left, top, right, bottom):
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def _boxes(im, name="tumour"):
    inner = [_mm(_box(4.5, 3.5, 5.5, 4.5), 2, im)]
    island = [_mm(_box(8.5, 7.5, 9.5, 8.5), 3, im)]
    return [(name, [*(_mm(_box(2.5, 1.5, 7.5, 6.5), k, im) for k in (1, 2, 3)), *inner, *island])]


def test_contours_with_a_hole_and_an_island(im, dicom, tmp_path):
    roi = read_mask(dicom.write_contours(tmp_path / "m.dcm", _boxes(im)), like=im)
    np.testing.assert_array_equal(roi.array, TRUTH)
    assert (roi.source, roi.label, roi.findings) == ("rtstruct", "tumour", ())


def test_keyhole_is_a_hole(im, dicom, tmp_path):
    """One contour that goes in along a line, around the hole, and back out along the same line."""
    outer = [(2.5, 4.0), (2.5, 1.5), (7.5, 1.5), (7.5, 6.5), (2.5, 6.5), (2.5, 4.0)]
    inner = [(4.5, 4.0), (4.5, 4.5), (5.5, 4.5), (5.5, 3.5), (4.5, 3.5), (4.5, 4.0)]
    path = dicom.write_contours(tmp_path / "m.dcm", [("t", [_mm([*outer, *inner], 2, im)])])
    np.testing.assert_array_equal(read_mask(path, like=im).array[:, :, 2], TRUTH[:, :, 2])


def test_contours_of_an_oblique_image(dicom, tmp_path):
    turn = np.deg2rad(25)
    orientation = (np.cos(turn), np.sin(turn), 0, -np.sin(turn) * 0.6, np.cos(turn) * 0.6, 0.8)
    oblique = read_image(dicom.write_series(tmp_path / "o", np.zeros(SHAPE), spacing=SPACING, orientation=orientation))
    path = dicom.write_contours(tmp_path / "m.dcm", _boxes(oblique))
    np.testing.assert_array_equal(read_mask(path, like=oblique).array, TRUTH)


def test_centres_at_the_edge_are_half_open():
    """A square through centres holds its lower edges and not its upper ones: areas of tiles add up."""
    inside = inside_polygon(np.array(_box(1, 1, 4, 3), float), (6, 6))
    np.testing.assert_array_equal(np.argwhere(inside), [[i, j] for i in (1, 2, 3) for j in (1, 2)])
    beside = inside_polygon(np.array(_box(4, 1, 6, 3), float), (6, 6))
    assert not (inside & beside).any()


def test_polygon_agrees_with_an_independent_library():
    from matplotlib import path

    rng = np.random.default_rng(5)
    for _ in range(20):
        angle = np.sort(rng.uniform(0, 2 * np.pi, 15))
        points = 12 + np.column_stack([np.cos(angle), np.sin(angle)]) * rng.uniform(3, 11, (15, 1))
        x, y = np.meshgrid(np.arange(24), np.arange(24), indexing="ij")
        theirs = path.Path(points).contains_points(np.column_stack([x.ravel(), y.ravel()])).reshape(24, 24)
        np.testing.assert_array_equal(inside_polygon(points, (24, 24)), theirs)


def test_contours_between_slices(im, dicom, tmp_path):
    near = dicom.write_contours(tmp_path / "a", [("t", [_mm(_box(2.5, 1.5, 7.5, 6.5), 2.3, im)])])
    roi = read_mask(near, like=im)
    assert [finding.code for finding in roi.findings] == ["contour-off-plane"]
    assert np.flatnonzero(roi.array.any(axis=(0, 1))).tolist() == [2]
    close = dicom.write_contours(tmp_path / "b", [("t", [_mm(_box(2.5, 1.5, 7.5, 6.5), 2.03, im)])])
    assert read_mask(close, like=im).findings == ()
    for number, k in enumerate((-0.6, 5.6)):
        far = dicom.write_contours(tmp_path / f"c{number}", [("t", [_mm(_box(2.5, 1.5, 7.5, 6.5), k, im)])])
        assert _refused("mask-outside", far, like=im).place == "contour 1"


def test_contours_that_leave_their_plane(im, dicom, tmp_path):
    points = _mm(_box(2.5, 1.5, 7.5, 6.5), 2, im)
    points[0, 2] += 0.6
    _refused("contour-not-planar", dicom.write_contours(tmp_path / "a", [("t", [points])]), like=im)


def test_contours_beyond_the_image(im, dicom, tmp_path):
    wide = dicom.write_contours(tmp_path / "a", [("t", [_mm(_box(2.5, 1.5, 14.5, 6.5), 2, im)])])
    assert _refused("mask-outside", wide, like=im).place == "slice 3"
    far = dicom.write_contours(tmp_path / "b", [("t", [_mm(_box(2.5, 1.5, 1e9, 6.5), 2, im)])])
    _refused("mask-outside", far, like=im)


def test_points_and_open_lines_are_ignored(im, dicom, tmp_path):
    name, contours = _boxes(im)[0]
    more = [("POINT", _mm([(1, 1)], 2, im)), ("OPEN_PLANAR", _mm([(1, 1), (9, 9), (0, 9)], 2, im))]
    roi = read_mask(dicom.write_contours(tmp_path / "a", [(name, [*contours, *more])]), like=im)
    np.testing.assert_array_equal(roi.array, TRUTH)
    assert [finding.code for finding in roi.findings] == ["contour-ignored"]
    assert roi.findings[0].message.startswith("2 ")


def test_regions_of_a_structure_set(im, dicom, tmp_path):
    regions = [*_boxes(im, "GTV"), ("lung", []), ("lung", [])]
    path = dicom.write_contours(tmp_path / "a", regions, numbers=(5, 8, 9))
    np.testing.assert_array_equal(read_mask(path, like=im, label="GTV").array, TRUTH)
    np.testing.assert_array_equal(read_mask(path, like=im, label="5").array, TRUTH)
    _refused("mask-label-needed", path, like=im)
    _refused("mask-label-ambiguous", path, like=im, label="lung")
    _refused("mask-label", path, like=im, label="heart")
    assert _refused("mask-empty", path, like=im, label="8").exit_code == 4


def test_structure_set_of_another_series(im, dicom, tmp_path):
    path = dicom.write_contours(tmp_path / "a", _boxes(im), series="1.9.9")
    _refused("mask-other-series", path, like=im)
    roi = read_mask(path, like=im, any_series=True)
    np.testing.assert_array_equal(roi.array, TRUTH)
    assert [finding.code for finding in roi.findings] == ["mask-other-series"]
    unnamed = dicom.write_contours(tmp_path / "b", _boxes(im), series=None)
    np.testing.assert_array_equal(read_mask(unnamed, like=im).array, TRUTH)


def test_structure_set_of_somebody_or_somewhere_else(im, dicom, tmp_path):
    path = dicom.write_contours(tmp_path / "a", _boxes(im), frame="1.9")
    _refused("mask-frame-of-reference", path, like=im)
    _refused("mask-frame-of-reference", path, like=im, any_series=True)
    _refused("patient-mismatch", dicom.write_contours(tmp_path / "b", _boxes(im), patient="P0002"), like=im)


def test_dicom_mask_of_a_nifti_image(im, dicom, tmp_path):
    """A NIfTI image has no patient or frame of its own to compare with: the grid decides."""
    same = read_image(_nifti(tmp_path / "someone.nii", np.zeros(SHAPE, np.float32), _affine()))
    for path in (
        dicom.write_contours(tmp_path / "a", _boxes(same)),
        dicom.write_seg(tmp_path / "b", _frames(TRUTH)),
    ):
        np.testing.assert_array_equal(read_mask(path, like=same).array, TRUTH)
