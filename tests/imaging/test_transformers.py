"""Transformers as scikit-learn wants them, and how features are chosen."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import genorx as gx

IBSIFeatures, FeatureClusters = gx.imaging.IBSIFeatures, gx.imaging.FeatureClusters
RNG = np.random.default_rng(4)


@pytest.fixture(scope="module")
def pairs():
    made = []
    for number in range(6):
        array = RNG.normal(number, 1, (5, 5, 4))
        image = gx.imaging.Image(array=array, spacing=(1.0, 1.0, 2.0), patient_id=f"P{number}")
        made.append((image, gx.imaging.Mask(array=np.ones(array.shape, bool))))
    return made


def test_clone_and_pipeline(pairs):
    from sklearn.base import clone
    from sklearn.linear_model import LinearRegression
    from sklearn.pipeline import make_pipeline

    features = IBSIFeatures(families=["stat", "ih"], bins=8, spacing=[1.0, 1.0, 1.0])
    copy = clone(features)
    assert copy is not features
    assert copy.get_params() == features.get_params()
    pipe = make_pipeline(features, FeatureClusters(0.8), LinearRegression())
    pipe.set_params(ibsifeatures__bins=16)
    pipe.fit(pairs, np.arange(6.0))
    assert pipe.predict(pairs).shape == (6,)
    assert clone(pipe).get_params()["featureclusters__max_correlation"] == 0.8


def test_rows_are_those_of_the_pairs(pairs):
    frame = IBSIFeatures(families=["stat"]).fit_transform(pairs)
    assert list(frame.index) == [f"P{number}" for number in range(6)]
    np.testing.assert_allclose(frame["stat_mean"], [image.array.mean() for image, _ in pairs])
    assert frame.dtypes.eq(float).all()
    assert frame.attrs["ibsi"]["stat_mean"] == "Q4LE"


def test_settings_are_checked_when_fitted(pairs):
    features = IBSIFeatures(bins=3, bin_width=2)
    with pytest.raises(gx.GenorxError) as caught:
        features.fit(pairs)
    assert caught.value.code == "settings"
    with pytest.raises(gx.GenorxError):
        features.set_params(nothing=3)
    assert repr(IBSIFeatures(bins=3)) == "IBSIFeatures(bins=3)"


def test_room_loads_no_optional_library():
    """``import genorx`` and ``import genorx.imaging`` load none of the three, nor statistics, nor figures."""
    code = "import json, sys, genorx, genorx.imaging; print(json.dumps([m.partition('.')[0] for m in sys.modules]))"
    loaded = set(
        json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
    )
    assert not loaded & {"pydicom", "nibabel", "skimage", "sklearn", "sksurv", "lifelines", "matplotlib"}


@pytest.mark.parametrize("module", ["pydicom", "nibabel"])
def test_first_use_without_a_library_names_the_extra(tmp_path, monkeypatch, module):
    path = tmp_path / ("x.dcm" if module == "pydicom" else "x.nii")
    path.write_bytes(b"nothing")
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(gx.GenorxError) as caught:
        gx.imaging.read_image(path)
    assert caught.value.code == "missing-extra"
    assert "genorx[imaging]" in caught.value.hint


def test_mesh_without_its_library_names_the_extra(pairs, monkeypatch):
    def absent(module):
        raise ModuleNotFoundError(f"No module named {module!r}", name="skimage")

    monkeypatch.setattr("genorx._core.extras.import_module", absent)
    with pytest.raises(gx.GenorxError) as caught:
        IBSIFeatures(families=["morph"]).fit_transform(pairs)
    assert caught.value.code == "missing-extra"


# stability


def test_agreement_of_four_judges():
    """Shrout and Fleiss 1979, table 2: ICC(2,1) = 0.290, interval 0.019 to 0.761 (McGraw and Wong 1996)."""
    scores = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])
    frames = [pd.DataFrame({"score": scores[:, k]}, index=list("abcdef")) for k in range(4)]
    found = gx.imaging.stability(*frames)
    assert list(found.columns) == ["icc", "lower", "upper", "n"]
    assert found.index.name == "feature"
    np.testing.assert_allclose(
        found.loc["score", ["icc", "lower", "upper"]].astype(float), [0.290, 0.019, 0.761], atol=5e-4
    )
    assert found.loc["score", "n"] == 6


def test_agreement_leaves_out_who_is_not_in_all():
    first = pd.DataFrame({"x": [1.0, 2, 3, np.nan], "y": [1.0, 2, 3, 4], "word": list("abcd")}, index=list("abcd"))
    second = pd.DataFrame({"x": [1.0, 2, 3, 4], "y": [1.0, 2, 3, 4]}, index=list("dcba"))
    found = gx.imaging.stability(first, second.loc[list("dcb")])
    assert found["n"].to_dict() == {"x": 2, "y": 3}
    same = gx.imaging.stability(first[["y"]], first[["y"]])
    assert same.loc["y", ["icc", "lower", "upper"]].tolist() == [1, 1, 1]
    flat = pd.DataFrame({"y": [2.0, 2, 2]}, index=list("abc"))
    assert gx.imaging.stability(flat, flat).loc["y", ["icc", "lower", "upper"]].isna().all()


def test_agreement_that_cannot_be_told():
    one = pd.DataFrame({"x": [1.0, 2]}, index=list("ab"))
    with pytest.raises(gx.GenorxError):
        gx.imaging.stability(one)
    with pytest.raises(gx.GenorxError) as caught:
        gx.imaging.stability(one, one.rename(index={"a": "c", "b": "d"}))
    assert caught.value.exit_code == 4
    with pytest.raises(gx.GenorxError, match="twice"):
        gx.imaging.stability(one, pd.concat([one, one]))


# clusters


def test_one_feature_of_each_cluster_is_kept():
    """Two made clusters and a loner; the medoid is the one in the middle of its cluster."""
    base, other = RNG.normal(size=300), RNG.normal(size=300)
    frame = pd.DataFrame(
        {
            "a1": base + RNG.normal(0, 0.15, 300),
            "a2": base,
            "a3": -np.exp(base + RNG.normal(0, 0.15, 300)),
            "b1": other,
            "b2": other**3,
            "c": RNG.normal(size=300),
            "flat": 1.0,
        }
    )
    kept = FeatureClusters(max_correlation=0.9).fit(frame)
    assert kept.features_ == ["a2", "b1", "c"]
    assert kept.clusters_["a2"] == ["a1", "a2", "a3"]
    assert list(kept.transform(frame)) == ["a2", "b1", "c"]
    assert list(kept.get_feature_names_out()) == ["a2", "b1", "c"]
    assert FeatureClusters(0.99).fit(frame).features_ == ["a1", "a2", "a3", "b1", "c"]
    with pytest.raises(gx.GenorxError) as caught:
        kept.transform(frame.drop(columns="a2"))
    assert caught.value.code == "no-such-column"
    with pytest.raises(gx.GenorxError):
        FeatureClusters(1.5).fit(frame)
