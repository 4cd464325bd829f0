"""The encoder by hand-made frames; nothing of other rows may enter."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from genorx._core.feature_spec import FeatureSpec
from genorx.errors import InputError, UsageError
from genorx.outcomes import FeatureEncoder


def _frame(n=200, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": pd.array(rng.normal(60, 10, n), dtype="Float64"),
            "wbc": pd.array(rng.lognormal(2, 1.2, n), dtype="Float64"),
            "TP53": pd.array(rng.integers(0, 2, n), dtype="Int8"),
            "sex": pd.Categorical(rng.choice(["female", "male"], n)),
            "site": pd.Categorical(rng.choice(["a", "b", "c"], n)),
            "grade": pd.Categorical(rng.choice(["low", "mid", "high"], n), ["low", "mid", "high"], ordered=True),
        },
        index=[f"P{i}" for i in range(n)],
    )
    frame.loc[frame.index[:30], "age"] = pd.NA
    frame.loc[frame.index[10:40], "TP53"] = pd.NA
    frame.loc[frame.index[5:20], "site"] = None
    return frame


def _column(encoder, matrix, name):
    return matrix[:, list(encoder.get_feature_names_out()).index(name)]


def test_each_kind_becomes_the_columns_that_are_documented():
    """Number, flag, category of two (one column) and of three levels, ordinal; indicators of gaps."""
    encoder = FeatureEncoder().fit(_frame())
    assert list(encoder.get_feature_names_out()) == [
        *("TP53", "TP53 missing", "age", "age missing", "grade"),
        *("sex=male", "site=a", "site=b", "site=c", "site missing", "wbc"),
    ]
    assert encoder.transform(_frame()).shape == (200, 11)
    assert encoder.dropped_["grade missing"] == "constant"


def test_gap_is_filled_with_the_median_and_marked():
    """Hand calculation: median of the known ages, standardised by the filled column; rounded to 1/20 of its spread."""
    frame = _frame()
    encoder = FeatureEncoder().fit(frame)
    matrix = encoder.transform(frame)
    filled = frame["age"].astype(float).fillna(frame["age"].median())
    expected = ((filled - filled.mean()) / filled.std(ddof=0)).to_numpy()
    assert _column(encoder, matrix, "age") == pytest.approx(expected, abs=0.06)
    assert len(np.unique(_column(encoder, matrix, "age missing")[:30])) == 1
    assert _column(encoder, matrix, "age missing")[0] > _column(encoder, matrix, "age missing")[100]


def test_skewed_positive_number_is_logged_whatever_its_unit():
    """log(1 + x / median): cells per litre and thousands of cells per litre give one column, to what is rounded."""
    frame = _frame()
    encoder = FeatureEncoder().fit(frame)
    scaled = FeatureEncoder().fit(frame.assign(wbc=frame["wbc"] * 1000))
    one = _column(encoder, encoder.transform(frame), "wbc")
    other = _column(scaled, scaled.transform(frame.assign(wbc=frame["wbc"] * 1000)), "wbc")
    moved = np.log1p(frame["wbc"].to_numpy(float) / frame["wbc"].astype(float).median())
    assert one == pytest.approx(np.clip((moved - moved.mean()) / moved.std(), -5, 5), abs=0.06)
    assert one == pytest.approx(other, abs=0.06)
    assert np.corrcoef(one, other)[0, 1] > 0.9999
    age = _column(encoder, encoder.transform(frame), "age")[100:]
    assert np.corrcoef(age, frame["age"].to_numpy(float, na_value=np.nan)[100:])[0, 1] == pytest.approx(1)


def test_flags_of_a_group_share_one_scale():
    """A rare and a common flag: the step from 0 to 1 is of one size, so both are shrunk alike."""
    frame = pd.DataFrame({"rare": [1.0] * 10 + [0.0] * 190, "common": [0.0, 1.0] * 100})
    encoder = FeatureEncoder().fit(frame)
    matrix = encoder.transform(frame)
    assert np.ptp(matrix[:, 0]) == pytest.approx(np.ptp(matrix[:, 1]))
    assert np.sqrt((matrix.std(axis=0) ** 2).mean()) == pytest.approx(1, abs=0.005)  # three digits are kept


def test_columns_that_tell_nothing_are_left_out_and_counted():
    """Constant; fewer than 5 rows differ; the same as another, or its opposite."""
    rng = np.random.default_rng(0)
    flag = rng.integers(0, 2, 100)
    frame = pd.DataFrame(
        {
            "a": flag,
            "b": 1 - flag,
            "constant": 1,
            "rare": np.r_[np.ones(4), np.zeros(96)],
            "empty": pd.array([pd.NA] * 100, "Int8"),
        }
    )
    encoder = FeatureEncoder().fit(frame)
    assert [column.name for column in encoder.columns_] == ["a"]
    assert encoder.dropped_["b"] == "same as a"
    assert encoder.dropped_["constant"] == encoder.dropped_["empty"] == "constant"
    assert encoder.dropped_["rare"] == "rare: fewer than 5 rows differ"


def test_rare_levels_are_pooled_and_unseen_levels_are_missing():
    """Levels c (3 rows) and d (3 rows) share a column; z was never seen."""
    levels = ["a"] * 50 + ["b"] * 40 + ["c"] * 3 + ["d"] * 3 + [None] * 8
    frame = pd.DataFrame({"site": pd.Categorical(levels)})
    encoder = FeatureEncoder().fit(frame)
    names = list(encoder.get_feature_names_out())
    assert names == ["site=a", "site=b", "site=other (rare)", "site missing"]
    new = encoder.transform(pd.DataFrame({"site": ["c", "d", "z", None]}))
    assert np.array_equal(new[0], new[1])
    assert np.array_equal(new[2], new[3])
    assert new[2, 3] > new[0, 3]


def test_numbers_flags_and_gaps_are_groups_of_their_own():
    """Groups follow the specs; numbers differ in size from the flags beside them."""
    frame = _frame()[["age", "TP53", "sex"]]
    specs = [
        FeatureSpec(name="age", kind="number", group="clinical"),
        FeatureSpec(name="TP53", kind="boolean", group="gene"),
        FeatureSpec(name="sex", kind="category", group="clinical", levels=("female", "male")),
    ]
    encoder = FeatureEncoder(specs).fit(frame)
    assert {c.name: c.group for c in encoder.columns_} == {
        "TP53": "gene",
        "TP53 missing": "missing",
        "age": "clinical:number",
        "age missing": "missing",
        "sex=male": "clinical",
    }
    assert encoder.groups_ == ("clinical", "clinical:number", "gene", "missing")
    assert encoder.group_index_.tolist() == [2, 3, 1, 3, 0]


def test_bends_are_orthogonal_to_the_line_and_to_each_other():
    """Spline part orthogonal to the linear part and whitened."""
    frame = _frame()[["wbc"]]
    matrix = FeatureEncoder(splines=True).fit(frame).transform(frame)
    assert np.cov(matrix.T, ddof=0) == pytest.approx(np.eye(3), abs=0.01)  # three digits of a scale are kept
    line = FeatureEncoder(splines=True).fit(frame).transform(frame)[:, 0]
    assert np.all(np.abs(line) < 5)


def test_pairs_are_products_and_share_their_part_between_two_features():
    """Both of two flags; a contribution of 1 of the pair is one half for each."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"a": rng.integers(0, 2, 200), "b": rng.integers(0, 2, 200)})
    encoder = FeatureEncoder(pairs=20).fit(frame)
    pair = encoder.columns_[-1]
    assert (pair.name, pair.group, pair.partner) == ("a & b", "pairs", "b")
    both = _column(encoder, encoder.transform(frame), "a & b")
    assert np.array_equal(both > 0, (frame["a"] * frame["b"] > 0).to_numpy())
    assert encoder.by_source(np.array([[1.0, 2.0, 1.0]]), pd.Index(["P"])).to_numpy().tolist() == [[1.5, 2.5]]


def test_molecular_pairs_are_of_genes_and_laboratory_findings_that_twenty_rows_have_both_of():
    """Nineteen rows with both are too few; flags of the clinic and treatments have no pairs."""
    both, few = np.repeat([1, 0], [20, 80]), np.repeat([1, 0], [19, 81])
    frame = pd.DataFrame({"age70": both, "fusion": both, "G1": both, "G2": few, "T": both})
    frame.iloc[20:40, 0], frame.iloc[40:60, 1], frame.iloc[60:80, 2], frame.iloc[80:99, 3] = 1, 1, 1, 1
    frame.iloc[20:50, 4] = 1
    groups = {"age70": "clinical", "fusion": "laboratory:karyotype", "G1": "gene", "G2": "gene", "T": "treatment"}
    specs = [FeatureSpec(name=name, kind="boolean", group=group) for name, group in groups.items()]
    encoder = FeatureEncoder(specs, pairs="molecular").fit(frame)
    assert [column.name for column in encoder.columns_ if column.group == "pairs"] == ["G1 & fusion"]
    again = FeatureEncoder.from_state(json.loads(json.dumps(encoder.state())))
    assert np.array_equal(again.transform(frame), encoder.transform(frame))


def test_columns_and_patients_in_another_order_give_the_same_numbers():
    """To the bit: a patient alone has the answer that it has among others."""
    frame = _frame()
    encoder = FeatureEncoder(splines=True).fit(frame)
    turned = FeatureEncoder(splines=True).fit(frame[frame.columns[::-1]])
    assert np.array_equal(encoder.transform(frame), turned.transform(frame))
    assert np.array_equal(encoder.transform(frame.iloc[[7]]), encoder.transform(frame)[[7]])


def test_state_survives_json():
    """Round trip through text."""
    frame = _frame()
    encoder = FeatureEncoder(splines=True, pairs=20).fit(frame)
    again = FeatureEncoder.from_state(json.loads(json.dumps(encoder.state(), allow_nan=False)))
    assert np.array_equal(again.transform(frame), encoder.transform(frame))
    assert again.columns_ == encoder.columns_


@given(st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), min_size=2, max_size=40), st.integers(0, 5))
@example([0.0, 1.0, 5.5e-101, 2.4e-206], 0)  # over the median beyond the largest float
@settings(max_examples=50, deadline=None)
def test_whatever_numbers_come_the_matrix_has_no_gap_and_no_giant(values, extra):
    """Property: finite, numbers within the clip."""
    frame = pd.DataFrame(
        {"x": pd.array(values, dtype="Float64"), "flag": pd.array([0] * (len(values) - 1) + [extra % 2], "Int8")}
    )
    encoder = FeatureEncoder(rare=1, splines=True).fit(frame)
    matrix = encoder.transform(
        pd.DataFrame({"x": pd.array([1e300, None, -1e300], "Float64"), "flag": pd.array([1, None, 0], "Int8")})
    )
    assert np.all(np.isfinite(matrix))
    assert np.all(np.abs(matrix[:, [c.kind == "value" for c in encoder.columns_]]) <= 5)


def test_frames_that_cannot_be_encoded_are_refused():
    """Each with class and code."""
    encoder = FeatureEncoder().fit(_frame())
    with pytest.raises(InputError) as caught:
        encoder.transform(_frame().drop(columns="wbc"))
    assert caught.value.code == "feature-absent"
    with pytest.raises(InputError) as caught:
        FeatureEncoder().fit(pd.DataFrame({"x": [1.0, np.inf]}))
    assert caught.value.code == "infinite-value"
    with pytest.raises(UsageError) as caught:
        FeatureEncoder([]).fit(_frame())
    assert caught.value.code == "no-spec"
    with pytest.raises(UsageError) as caught:
        FeatureEncoder().fit(_frame().iloc[:0])
    assert caught.value.code == "no-rows"
