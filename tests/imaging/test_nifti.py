"""NIfTI images: geometry by hand, and what is refused."""

import nibabel
import numpy as np
import pytest

import genorx as gx

ARRAY = np.random.default_rng(6).normal(size=(5, 4, 3)).astype(np.float32)
read_image = gx.imaging.read_image


def _save(path, array=ARRAY, affine=None, **more):
    image = nibabel.Nifti1Image(array, np.diag([2.0, 3.0, 4.0, 1.0]) if affine is None else affine)
    for name, value in more.items():
        getattr(image if name.endswith("form") else image.header, name)(*value)
    nibabel.save(image, path)
    return path


def _refused(code, path, **options):
    with pytest.raises(gx.GenorxError) as caught:
        read_image(path, **options)
    assert caught.value.code == code
    return caught.value


def test_right_and_anterior_become_left_and_posterior(tmp_path):
    affine = np.array([[0, -3, 0, 10], [2, 0, 0, 20], [0, 0, 4, 30], [0, 0, 0, 1.0]])
    im = read_image(_save(tmp_path / "P1.nii", affine=affine))
    np.testing.assert_array_equal(im.array, ARRAY)
    assert im.spacing == (2, 3, 4)
    assert im.origin == (-10, -20, 30)
    np.testing.assert_allclose(im.direction, [[0, 1, 0], [-1, 0, 0], [0, 0, 1]])
    assert (im.patient_id, im.modality, im.unit, im.series_uid) == ("P1", "OT", "arbitrary", "")


def test_spacing_is_rounded_and_units_are_converted(tmp_path):
    im = read_image(_save(tmp_path / "a.nii.gz", affine=np.diag([0.97656251, 1, 2.50000004, 1])))
    assert im.spacing == (0.9766, 1, 2.5)
    metres = read_image(_save(tmp_path / "b.nii", affine=np.diag([0.002, 0.003, 0.004, 1]), set_xyzt_units=("meter",)))
    np.testing.assert_allclose(metres.spacing, (2, 3, 4))
    tiny = read_image(_save(tmp_path / "c.nii", affine=np.diag([2000, 3000, 4000, 1]), set_xyzt_units=("micron",)))
    np.testing.assert_allclose(tiny.spacing, (2, 3, 4))


def test_sform_then_qform_then_sizes_alone(tmp_path):
    turned = np.array([[0, -3, 0, 10], [2, 0, 0, 20], [0, 0, 4, 30], [0, 0, 0, 1.0]])
    both = _save(tmp_path / "a.nii", set_qform=(turned, 1), set_sform=(np.diag([2.0, 3, 4, 1]), 1))
    np.testing.assert_allclose(read_image(both).direction, np.diag([-1, -1, 1]))
    only = _save(tmp_path / "b.nii", set_qform=(turned, 1), set_sform=(None, 0))
    np.testing.assert_allclose(read_image(only).direction, [[0, 1, 0], [-1, 0, 0], [0, 0, 1]], atol=1e-6)
    none = read_image(_save(tmp_path / "c.nii", set_qform=(None, 0), set_sform=(None, 0)))
    assert [finding.code for finding in none.findings] == ["nifti-no-orientation"]
    assert none.spacing == (2, 3, 4)


def test_values_are_scaled_as_the_header_says(tmp_path):
    stored = nibabel.Nifti1Image(np.arange(60, dtype=np.int16).reshape(5, 4, 3), np.eye(4))
    stored.header.set_slope_inter(0.5, 3)
    nibabel.save(stored, tmp_path / "a.nii")
    found = read_image(tmp_path / "a.nii", modality="CT")
    np.testing.assert_allclose(found.array, nibabel.load(tmp_path / "a.nii").get_fdata())
    assert found.unit == "HU"
    assert read_image(tmp_path / "a.nii", modality="PT").unit == "SUVbw"
    assert read_image(tmp_path / "a.nii", modality="PT", suv="none").unit == "Bq/mL"


def test_a_fourth_axis(tmp_path):
    np.testing.assert_array_equal(read_image(_save(tmp_path / "a.nii", ARRAY[..., None])).array, ARRAY)
    _refused("image-4d", _save(tmp_path / "b.nii", np.stack([ARRAY, ARRAY], axis=-1)))


def test_what_is_no_nifti_image(tmp_path):
    (tmp_path / "a.nii").write_bytes(b"nothing")
    (tmp_path / "b.nii.gz").write_bytes(b"nothing")
    whole = _save(tmp_path / "c.nii.gz").read_bytes()
    (tmp_path / "d.nii.gz").write_bytes(whole[: len(whole) // 2])
    for name in ("a.nii", "b.nii.gz", "d.nii.gz"):
        _refused("image-unreadable", tmp_path / name)
    _refused("file-absent", tmp_path / "absent.nii")
    colour = np.zeros((3, 3, 3), dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])
    _refused("image-colour", _save(tmp_path / "e.nii", colour))
    _refused("image-unreadable", _save(tmp_path / "f.nii", ARRAY.astype(np.complex64)))


def test_a_header_that_promises_too_much_is_refused_before_it_is_read(tmp_path):
    path = _save(tmp_path / "a.nii.gz", np.zeros((30, 30, 30), np.uint8))
    with gx.limits(unpacked_bytes=20_000):
        _refused("limit-exceeded", path)


@pytest.mark.parametrize(("option", "value"), [("modality", "XX"), ("suv", "lbm")])
def test_options_that_there_are_not(tmp_path, option, value):
    error = _refused("usage", _save(tmp_path / "a.nii"), **{option: value})
    assert error.exit_code == 2


def test_axes_that_are_not_at_right_angles_are_refused(tmp_path):
    """A gantry tilted by 10 degrees moves each slice of 4 mm by 0.7 mm; half a degree is within the tolerance."""
    for degrees, refused in ((10.0, True), (0.5, False)):
        affine = np.diag([2.0, 3.0, 4.0, 1.0])
        affine[1, 2] = 4.0 * np.tan(np.radians(degrees))
        path = _save(tmp_path / "t.nii", affine=affine)
        if refused:
            assert "right angles" in _refused("series-tilt", path).reason
        else:
            assert read_image(path).spacing == pytest.approx((2, 3, 4), rel=1e-3)


def test_an_image_that_is_turned_as_a_whole_is_read(tmp_path):
    """Its axes stay at right angles to each other."""
    turned = np.array([[np.cos(0.3), -np.sin(0.3), 0], [np.sin(0.3), np.cos(0.3), 0], [0, 0, 1]])
    affine = np.eye(4)
    affine[:3, :3] = turned @ np.diag([2.0, 3.0, 4.0])
    assert read_image(_save(tmp_path / "t.nii", affine=affine)).spacing == pytest.approx((2, 3, 4))
