"""The model file: what it refuses, and that the same content gives the same bytes."""

import io
import json
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import genorx as gx
from genorx.errors import LimitError, ModelFileError
from genorx.ranking.model import bundle
from genorx.ranking.model.bundle import bundle_digest, read_bundle, write_bundle

VALUES = {"name": "made", "numbers": [1, 2.5, None, True], "text": "ä\n=1+1"}
ARRAYS = {
    "b": np.arange(6.0).reshape(2, 3),
    "a": np.array([True, False]),
    "text": np.array(["x", "äb"]),
    "none": np.zeros((0, 4)),
    "one": np.array(3.5),
}


@pytest.fixture
def path(tmp_path):
    write_bundle(tmp_path / "m.genorx", VALUES, ARRAYS)
    return tmp_path / "m.genorx"


def _refused(path, data: bytes) -> ModelFileError:
    path.write_bytes(data)
    with pytest.raises(ModelFileError) as caught:
        read_bundle(path)
    assert caught.value.file == str(path)
    assert caught.value.exit_code == 3
    return caught.value


def _members(path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _zip(members: dict[str, bytes], *, compression: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_what_was_written_is_read_back(path):
    found = read_bundle(path)
    assert found.values == VALUES
    assert set(found.arrays) == set(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found.arrays[name], array)
        assert found.arrays[name].shape == array.shape
    assert found.digest == bundle_digest(VALUES, ARRAYS)


def test_the_same_content_gives_the_same_bytes_whatever_the_order_of_keys(path, tmp_path):
    other = tmp_path / "other"
    write_bundle(other, dict(reversed(VALUES.items())), dict(reversed(ARRAYS.items())))
    assert other.read_bytes() == path.read_bytes()


def test_keys_that_are_numbers_are_read_back_as_text(tmp_path):
    """JSON has no other keys; a file must not be refused for what its own writer did."""
    write_bundle(tmp_path / "m", {"penalty": {10: 1.0, 9: 2.0}}, {})
    assert read_bundle(tmp_path / "m").values == {"penalty": {"10": 1.0, "9": 2.0}}


def test_objects_are_never_written(tmp_path):
    with pytest.raises(TypeError, match="numbers, booleans and text"):
        write_bundle(tmp_path / "m", {}, {"a": np.array([object()])})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("data", [b"", b"hello", b"PK\x05\x06" + bytes(18), b"\x80\x04N."])
def test_what_is_no_model_file_is_damaged(path, data):
    assert _refused(path, data).code == "model-damaged"


def test_a_folder_is_damaged(tmp_path):
    with pytest.raises(ModelFileError) as caught:
        read_bundle(tmp_path)
    assert caught.value.code == "model-damaged"


def test_a_cut_file_is_damaged(path):
    data = path.read_bytes()
    assert _refused(path, data[: len(data) // 2]).code == "model-damaged"


def test_an_altered_value_is_changed_and_named(path):
    members = _members(path)
    members["values.json"] = members["values.json"].replace(b'"made"', b'"mede"')
    error = _refused(path, _zip(members))
    assert error.code == "model-changed"
    assert "values.json was altered" in error.reason


def test_a_file_that_was_zipped_again_is_changed(path):
    """The content is the same, the bytes (dates) are not."""
    assert _refused(path, _zip(_members(path))).code == "model-changed"


@pytest.mark.parametrize("tail", [b"\0", b"PK", b"more"])
def test_bytes_before_or_after_the_archive_are_refused(path, tail):
    data = path.read_bytes()
    assert _refused(path, data + tail).code in {"model-changed", "model-damaged"}
    assert _refused(path, tail + data).code in {"model-changed", "model-damaged"}


def test_a_later_format_is_too_new(path):
    members = _members(path)
    manifest = json.loads(members["manifest.json"]) | {"format_version": bundle.FORMAT_VERSION + 1}
    error = _refused(path, _zip(members | {"manifest.json": json.dumps(manifest).encode()}))
    assert error.code == "model-too-new"
    assert error.place == "manifest.json"
    assert "upgrade" in error.hint


def test_an_earlier_format_is_too_old_and_to_be_deleted(path):
    """The first format kept the hazard by event time, from which patients came back."""
    members = _members(path)
    manifest = json.loads(members["manifest.json"]) | {"format_version": 1}
    error = _refused(path, _zip(members | {"manifest.json": json.dumps(manifest).encode()}))
    assert error.code == "model-too-old"
    assert "delete" in error.hint


@pytest.mark.parametrize("version", ["1", None, True, 1.5])
def test_a_format_that_is_no_number_is_damaged(path, version):
    members = _members(path)
    manifest = json.loads(members["manifest.json"]) | {"format_version": version}
    assert _refused(path, _zip(members | {"manifest.json": json.dumps(manifest).encode()})).code == "model-damaged"


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/passwd", "arrays/../../x", "evil.pkl", "arrays/1.npy", "arrays\\0.npy"]
)
def test_members_that_no_model_file_has_are_refused(path, name):
    assert _refused(path, _zip(_members(path) | {name: b"x"})).code == "model-changed"


def test_an_extra_array_is_damaged(path):
    members = _members(path)
    assert _refused(path, _zip(members | {"arrays/00099.npy": members["arrays/00000.npy"]})).code == "model-damaged"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_stands_twice_is_damaged(path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in _members(path).items():
            archive.writestr(name, content)
        archive.writestr("values.json", b"{}")
    assert _refused(path, buffer.getvalue()).code == "model-damaged"


def test_a_file_that_is_not_there_is_not_called_damaged(tmp_path):
    with pytest.raises(ModelFileError) as caught:
        read_bundle(tmp_path / "none.model")
    assert (caught.value.code, caught.value.hint) == ("file-not-found", "genorx fit makes one")


def test_a_compressed_member_is_refused_before_it_grows(path):
    """1 GB of zeros would pack into 1 MB; here 10 MB stand for it."""
    error = _refused(path, _zip({"manifest.json": bytes(10_000_000)}, compression=zipfile.ZIP_DEFLATED))
    assert error.code == "model-damaged"
    assert "compressed" in error.reason


def test_a_file_over_the_limit_is_not_read(path):
    with gx.limits(model_bytes=100), pytest.raises(LimitError, match="more than 100 bytes of a model file"):
        read_bundle(path)


def test_json_over_the_limit_is_not_parsed(path):
    with gx.limits(json_bytes=10), pytest.raises(LimitError, match="more than 10 bytes of a JSON text"):
        read_bundle(path)


DEEP = b'{"a": ' * 200 + b"1" + b"}" * 200
LONG = b'{"a": ' + b"1" * 4301 + b"}"


@pytest.mark.parametrize("content", [b"[1]", b"{", b"\xff", b"[" * 100_000, DEEP, LONG])
def test_a_manifest_that_is_no_json_object_is_damaged(path, content):
    assert _refused(path, _zip(_members(path) | {"manifest.json": content})).code == "model-damaged"


def _npy(header: str, data: bytes = b"") -> bytes:
    text = header.encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + data


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x93NUMPY",
        _npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", b"\x80\x04N."),
        _npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,)}", bytes(8)),
        _npy("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}", bytes(8)),
        _npy("{'descr': '<f8', 'fortran_order': True, 'shape': (1,)}", bytes(8)),
        _npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1,)}", bytes(16)),
        _npy("{'descr': '|V8', 'fortran_order': False, 'shape': (1,)}", bytes(8)),
        _npy("__import__('os').system('true')"),
        _npy("{'descr': '<U0', 'fortran_order': False, 'shape': (1200000000,), }"),  # letters of no width: 4.8 GB
        _npy("{'descr': '<f8', 'fortran_order': False, 'shape': (0, 99999999999999999999), }"),
        _npy("{'descr': '<f8', 'fortran_order': False, 'shape': (%s), }" % ("1, " * 100), bytes(8)),
        _npy("{'descr': '<f8', 'shape': (1,), 'fortran_order': ("),  # numpy raises TokenError
        _npy("(" * 1000),
    ],
)
def test_an_array_that_is_not_plain_is_damaged_and_nothing_is_run(path, content):
    error = _refused(path, _zip(_members(path) | {"arrays/00000.npy": content}))
    assert error.code == "model-damaged"
    assert error.place == "arrays/00000.npy"


@settings(max_examples=200, deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_no_byte_can_be_changed_without_refusal(tmp_path_factory, place, flip):
    """Any byte, any change: the file is refused with a code, never read as something else."""
    path = tmp_path_factory.mktemp("flip") / "m"
    write_bundle(path, VALUES, ARRAYS)
    data = bytearray(path.read_bytes())
    data[int(place * len(data))] ^= flip
    assert _refused(path, bytes(data)).code in {"model-damaged", "model-changed", "model-too-new"}
