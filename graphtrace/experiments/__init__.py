"""Experiments with recorded graphs: growth of cost, studies over random draws, training."""

from graphtrace.experiments.scaling import Growth, growth
from graphtrace.experiments.studies import Sample, Study, study
from graphtrace.experiments.training import Fit, fit

__all__ = ["Fit", "Growth", "Sample", "Study", "fit", "growth", "study"]
