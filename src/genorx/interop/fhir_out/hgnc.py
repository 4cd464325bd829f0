"""HGNC ids of the pharmacogenes of the shipped pack.

Source: HGNC (https://www.genenames.org), ids never change.
"""

from __future__ import annotations

from typing import Final

HGNC_IDS: Final[dict[str, int]] = {
    "ABCG2": 74, "CACNA1S": 1397, "CFTR": 1884, "CYP2B6": 2615, "CYP2C19": 2621, "CYP2C9": 2623, "CYP2D6": 2625,
    "CYP3A4": 2637, "CYP3A5": 2638, "CYP4F2": 2645, "DPYD": 3012, "G6PD": 4057, "HLA-A": 4931, "HLA-B": 4932,
    "IFNL3": 18365, "MT-RNR1": 7470, "NAT2": 7646, "NUDT15": 23063, "RYR1": 10483, "SLCO1B1": 10959, "TPMT": 12014,
    "UGT1A1": 12530, "VKORC1": 23663,
}  # fmt: skip
