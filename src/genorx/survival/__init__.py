"""Statistics of censored time that know no genomics: curves, restricted means, scores, calibration."""
