"""The course of a disease through states, treatments that begin in a state, and strategies over time."""

from genorx.cohort.course.course import Course
from genorx.cohort.course.strategy import Strategy, StrategyDesign

__all__ = ["Course", "Strategy", "StrategyDesign"]
