"""Tables of other programs and structured reports, under our tags where the definition is the same."""

import numpy as np
import pytest

import genorx as gx

read_measurements = gx.imaging.read_measurements


def _write(tmp_path, header, *rows):
    path = tmp_path / "t.csv"
    path.write_text("\n".join([",".join(header), *rows]) + "\n", encoding="utf-8")
    return path


def _refused(code, *args, **options):
    with pytest.raises(gx.GenorxError) as caught:
        read_measurements(*args, **options)
    assert caught.value.code == code
    return caught.value


def _findings(frame):
    return [each["code"] for each in frame.attrs["findings"]]


PYRADIOMICS = {
    "original_shape_MeshVolume": "morph_volume",
    "original_firstorder_Mean": "stat_mean",
    "original_firstorder_10Percentile": "stat_p10",
    "original_firstorder_Kurtosis": "pyradiomics.original_firstorder_Kurtosis",
    "original_firstorder_TotalEnergy": "pyradiomics.original_firstorder_TotalEnergy",
    "original_firstorder_Entropy": "ih_entropy",
    "original_glcm_Idmn": "cm_inv_diff_mom_norm_3D_avg",
    "original_glcm_Imc1": "pyradiomics.original_glcm_Imc1",
    "original_glrlm_RunEntropy": "rlm_rl_entr_3D_avg",
    "original_glszm_SmallAreaLowGrayLevelEmphasis": "szm_szlge_3D",
    "original_glszm_LowGrayLevelZoneEmphasis": "szm_lgze_3D",
    "original_gldm_DependenceVariance": "ngl_dc_var_3D",
    "original_ngtdm_Coarseness": "ngt_coarseness_3D",
    "wavelet-LLH_glcm_Contrast": "pyradiomics.wavelet-LLH_glcm_Contrast",
    "log-sigma-1-0-mm-3D_firstorder_Mean": "pyradiomics.log-sigma-1-0-mm-3D_firstorder_Mean",
}


def test_pyradiomics(tmp_path):
    header = ["patient_id", "diagnostics_Versions_PyRadiomics", "site", *PYRADIOMICS]
    cells = ",".join(str(float(number)) for number in range(len(PYRADIOMICS)))
    frame = read_measurements(_write(tmp_path, header, f"P1,v3,a,{cells}", f"P2,v3,b,{cells}"))
    assert list(frame.columns) == list(PYRADIOMICS.values())
    assert list(frame.index) == ["P1", "P2"]
    assert frame.index.name == "patient_id"
    assert frame.loc["P1", "szm_szlge_3D"] == 9
    assert _findings(frame) == ["bins-differ"]


def test_pyradiomics_by_slice_and_with_counted_bins(tmp_path):
    header = [
        "case",
        "diagnostics_Configuration_Settings",
        "original_glcm_Contrast",
        "original_gldm_DependenceVariance",
    ]
    settings = "\"{'binCount': 32, 'force2D': True, 'distances': [1]}\""
    frame = read_measurements(_write(tmp_path, header, f"P1,{settings},1,2"), patient_id="case")
    assert list(frame.columns) == ["cm_contrast_2_5D_avg", "ngl_dc_var_2_5D"]
    assert _findings(frame) == []
    other = settings.replace("True", "False")
    _refused("settings-mixed", _write(tmp_path, header, f"P1,{settings},1,2", f"P2,{other},1,2"), patient_id="case")


def test_intensities_of_pyradiomics_depend_on_no_bins(tmp_path):
    frame = read_measurements(_write(tmp_path, ["patient_id", "original_firstorder_Mean"], "P1,3"))
    assert _findings(frame) == []


MIRP = {
    "morph_volume": "morph_volume",
    "stat_mean": "stat_mean",
    "ih_mean_fbn_n32": "ih_mean",
    "ivh_v10": "ivh_v10",
    "ivh_v25": "mirp.ivh_v25",
    "cm_contrast_d1_2d_avg_fbs_w25.0": "cm_contrast_2D_avg",
    "cm_contrast_d1_2d_s_mrg_fbs_w25.0": "cm_contrast_2D_comb",
    "cm_contrast_d1_2.5d_d_mrg_fbs_w25.0": "cm_contrast_2_5D_avg",
    "cm_contrast_d1_2.5d_v_mrg_fbs_w25.0": "cm_contrast_2_5D_comb",
    "cm_contrast_d1.0_3d_avg_fbn_n16": "cm_contrast_3D_avg",
    "cm_contrast_d1_3d_v_mrg_fbn_n16": "cm_contrast_3D_comb",
    "cm_contrast_d2_3d_v_mrg_fbn_n16": "mirp.cm_contrast_d2_3d_v_mrg_fbn_n16",
    "rlm_sre_3d_v_mrg_fbn_n16": "rlm_sre_3D_comb",
    "szm_sze_2d_fbn_n16": "szm_sze_2D",
    "dzm_sde_2.5d": "dzm_sde_2_5D",
    "ngt_coarseness_3d_fbn_n16": "ngt_coarseness_3D",
    "ngl_lde_d1_a0.0_3d_fbn_n16": "ngl_lde_3D",
    "ngl_lde_d1_a1_3d_fbn_n16": "mirp.ngl_lde_d1_a1_3d_fbn_n16",
}


def test_mirp(tmp_path):
    cells = ",".join(str(number) for number in range(len(MIRP)))
    frame = read_measurements(_write(tmp_path, ["patient_id", "image_modality", *MIRP], f"P1,CT,{cells}"))
    assert list(frame.columns) == list(MIRP.values())
    assert frame.loc["P1", "ngl_lde_3D"] == list(MIRP).index("ngl_lde_d1_a0.0_3d_fbn_n16")


def test_two_columns_of_one_feature_are_refused(tmp_path):
    header = ["patient_id", "cm_contrast_d1_3d_avg_fbn_n16", "cm_contrast_d1_3d_avg_fbn_n32"]
    _refused("duplicate-column", _write(tmp_path, header, "P1,1,2"))


def test_tables_that_cannot_be_read(tmp_path):
    _refused("no-such-column", _write(tmp_path, ["case", "stat_mean"], "P1,3"))
    _refused("missing-id", _write(tmp_path, ["patient_id", "stat_mean"], ",3"))
    _refused("not-a-number", _write(tmp_path, ["patient_id", "original_firstorder_Mean"], "P1,abc"))
    _refused("measurements-unknown", _write(tmp_path, ["patient_id", "age"], "P1,3"))
    _refused("file-absent", tmp_path / "absent.csv")
    _refused("usage", tmp_path / "t.csv", source="matlab")
    frame = read_measurements(_write(tmp_path, ["patient_id", "stat_mean"], "P1,nan", "P2,"))
    assert frame["stat_mean"].isna().all()


def test_structured_report(dicom, tmp_path):
    """Numbers at any depth; a code that belongs to several tags keeps its code; one row a group."""
    groups = [
        [("IBSI", "Q4LE", 4.5), ("IBSI", "ACUI", 3.0), ("IBSI", "GYBY.ITBB", 0.5), ("DCM", "126401", 7.0)],
        [("IBSI", "Q4LE", 5.5), ("SCT", "118565006", 2.0), ("IBSI", "BC2M", 0.1)],
    ]
    frame = read_measurements(dicom.write_report(tmp_path / "sr.dcm", groups))
    assert list(frame.index) == [dicom.PATIENT] * 2
    assert frame["stat_mean"].tolist() == [4.5, 5.5]
    assert frame["cm_joint_max_3D_avg"].iloc[0] == 0.5
    assert set(frame.columns) == {
        "stat_mean", "ibsi.ACUI", "cm_joint_max_3D_avg", "DCM.126401", "SCT.118565006", "ibsi.BC2M",
    }  # fmt: skip
    assert np.isnan(frame["ibsi.BC2M"].iloc[0])
    folder = tmp_path / "reports"
    folder.mkdir()
    dicom.write_report(folder / "a", groups, patient="P2")
    dicom.write_report(folder / "b", groups[:1], patient="P1")
    assert list(read_measurements(folder).index) == ["P2", "P2", "P1"]


def test_what_is_no_report(dicom, tmp_path):
    _refused("measurements-unreadable", dicom.write_contours(tmp_path / "a.dcm", [("t", [])]))
    _refused("measurements-unreadable", dicom.write_report(tmp_path / "b.dcm", []))
    (tmp_path / "c.dcm").write_bytes(b"nothing")
    _refused("measurements-unreadable", tmp_path / "c.dcm", source="sr")
    (tmp_path / "empty").mkdir()
    _refused("measurements-unreadable", tmp_path / "empty")
