"""Joining by patient: who is where, and what appears twice."""

from dataclasses import replace

import pandas as pd
import pytest

from genorx._core.feature_spec import FeatureSpec
from genorx.cohort.join import Source, absent_patients, check_common, join_sources, missing_column, near_ids
from genorx.errors import StudyError


def source(name: str, patients: list[str], **columns) -> Source:
    index = pd.Index(patients, name="patient_id")
    frame = pd.DataFrame({key: pd.Series(values, index=index, dtype="Float64") for key, values in columns.items()})
    specs = tuple(FeatureSpec(name=key, kind="number", group=name) for key in columns)
    return Source(name=name, role="clinical", frame=frame, specs=specs)


def test_a_patient_absent_from_a_table_has_missing_features_and_is_named():
    """Missing is never zero: c is only in the second table."""
    sources = [source("one", ["a", "b"], x=[1, 2]), source("two", ["b", "c"], y=[3, 4])]
    joined = join_sources(sources)
    assert joined.features.index.tolist() == ["a", "b", "c"]
    assert joined.features["x"].isna().tolist() == [False, False, True]
    assert str(joined.features["x"].dtype) == "Float64"
    findings = absent_patients(sources, joined.features.index)
    assert [(finding.code, finding.place) for finding in findings] == [
        ("patient-not-in-table", "one"),
        ("patient-not-in-table", "two"),
    ]
    assert "1 of 3 patients has no row: c" in findings[0].message


def test_samples_without_a_record_are_left_out_and_counted():
    """One patient's record beside a file of many samples: the answer is for the one patient."""
    genes = replace(source("v.vcf", ["a", "b", "c"], TP53=[1, 0, 1]), role="variants")
    joined = join_sources([source("one", ["b", "d"], x=[1, 2]), genes])
    assert joined.features.index.tolist() == ["b", "d"]
    assert joined.without_record == ("a", "c")
    assert joined.features["TP53"].isna().tolist() == [False, True]
    assert [finding.code for finding in joined.findings] == ["sample-without-record"]
    assert "2 samples" in joined.findings[0].message


def test_without_record_tables_the_patients_are_the_samples():
    genes = replace(source("v.vcf", ["a", "b"], TP53=[1, 0]), role="variants")
    assert join_sources([genes]).features.index.tolist() == ["a", "b"]


def test_a_column_with_the_same_content_in_two_tables_is_used_once():
    joined = join_sources([source("one", ["a", "b"], x=[1, 2]), source("two", ["b", "a"], x=[2, 1])])
    assert [spec.name for spec in joined.specs] == ["x"]
    assert [finding.code for finding in joined.findings] == ["duplicate-column"]


def test_a_column_with_other_content_in_two_tables_is_refused():
    with pytest.raises(StudyError) as caught:
        join_sources([source("one", ["a", "b"], x=[1, 2]), source("two", ["b", "a"], x=[2, 3])])
    assert (caught.value.code, caught.value.place) == ("column-clash", 'column "x"')


def test_the_schema_of_a_model_decides_which_columns_there_are_and_in_which_order():
    schema = [
        FeatureSpec(name="z", kind="category", group="g", levels=("u", "v")),
        FeatureSpec(name="x", kind="number", group="g"),
    ]
    joined = join_sources([source("one", ["a"], y=[1], x=[2])], schema=schema)
    assert joined.features.columns.tolist() == ["z", "x"]
    assert joined.features["z"].isna().all()
    assert joined.features["z"].cat.categories.tolist() == ["u", "v"]
    assert [(finding.code, finding.severity) for finding in joined.findings] == [("feature-absent", "serious")]


def test_no_patient_in_common_names_lost_leading_zeros():
    """001 and 1: a spreadsheet has eaten the zeros."""
    with pytest.raises(StudyError) as caught:
        check_common({"c.csv": pd.Index(["001", "002"]), "o.csv": pd.Index(["1", "2"])})
    assert caught.value.code == "no-patient-in-common"
    assert "leading zeros" in caught.value.hint


def test_no_patient_in_common_without_a_likeness_asks_for_the_column():
    with pytest.raises(StudyError) as caught:
        check_common({"c.csv": pd.Index(["A"]), "o.csv": pd.Index(["B"])})
    assert "patient_id" in caught.value.hint


def test_ids_that_are_nearly_those_of_another_table_are_named():
    findings = near_ids({"c.csv": pd.Index(["001", "7"]), "o.csv": pd.Index(["1", "7"])})
    assert [(finding.code, finding.place) for finding in findings] == [("near-ids", "c.csv"), ("near-ids", "o.csv")]
    assert not near_ids({"c.csv": pd.Index(["001", "7"])})


@pytest.mark.parametrize(("kind", "dtype"), [("number", "Float64"), ("integer", "Int64"), ("boolean", "Int8")])
def test_a_missing_column_has_the_type_of_its_kind(kind, dtype):
    column = missing_column(FeatureSpec(name="x", kind=kind, group="g"), pd.Index(["a"]))
    assert str(column.dtype) == dtype
    assert column.isna().all()
