"""Reports and figures of a ranking."""

from genorx.report.clock import Clock
from genorx.report.effect_figures import plot_mean_differences
from genorx.report.figures import plot_calibration, plot_differences, plot_reasons, plot_survival
from genorx.report.incidence_figures import plot_cumulative_incidence, plot_stacked_incidence, stack_incidence
from genorx.report.monitor_figures import plot_calibration_over_time, plot_site_funnel, plot_timeline
from genorx.report.monitor_page import monitor_html
from genorx.report.page import evaluation_html, ranking_html, report_html, write_report
from genorx.report.screen_page import screening_decision_html
from genorx.report.screening_page import screening_html
from genorx.report.state_figures import plot_state_diagram, plot_states, stack_states
from genorx.report.trade_off_figures import plot_acceptability, plot_benefit_harm

__all__ = [
    "Clock",
    "evaluation_html",
    "monitor_html",
    "plot_acceptability",
    "plot_benefit_harm",
    "plot_calibration",
    "plot_calibration_over_time",
    "plot_cumulative_incidence",
    "plot_differences",
    "plot_mean_differences",
    "plot_reasons",
    "plot_site_funnel",
    "plot_stacked_incidence",
    "plot_state_diagram",
    "plot_states",
    "plot_survival",
    "plot_timeline",
    "ranking_html",
    "report_html",
    "screening_decision_html",
    "screening_html",
    "stack_incidence",
    "stack_states",
    "write_report",
]
