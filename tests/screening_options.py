"""What a user declares of screening, as a file with one of each part."""

SCREENING_OPTIONS = """\
[screening]
reference = "do_not_screen"
threshold = 0.0151
effect = {relative_risk = 0.80, lower = 0.70, upper = 0.92, source = "doi:10.1/e"}
fatality = {value = 0.6, source = "doi:10.1/f"}
costs = {screen = 900.0, cancer_found = 20000.0, currency = "USD"}
[[screening.harms]]
name = "false_positive"
probability = 0.25
among = "without"
weight = 0.004
source = "doi:10.1/h"
[[screening.multipliers]]
column = "polygenic"
scale = "odds_ratio"
source = "doi:10.1/m"
"""
