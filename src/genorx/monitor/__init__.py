"""Monitoring of a frozen model on new data: data faults, shift, calibration, and the proposed action."""

from genorx.monitor.acceptance import Comparison, compare
from genorx.monitor.advice_log import AdviceLog
from genorx.monitor.look_report import LookReport
from genorx.monitor.monitor import Monitor
from genorx.monitor.policy import Policy
from genorx.monitor.registry import Registry
from genorx.monitor.table_roles import TableRoles

__all__ = ["AdviceLog", "Comparison", "LookReport", "Monitor", "Policy", "Registry", "TableRoles", "compare"]
