"""Training jobs: a tied network, a symmetric target and a loss that goes down."""

from polyconstraints.training.job import Job, Outcome, run_job, train
from polyconstraints.training.targets import TARGETS, Target

__all__ = ["TARGETS", "Job", "Outcome", "Target", "run_job", "train"]
