"""Polygenic scores: scoring files, matching with a variant file, scores of its samples."""

from genorx.interop.scores.scores import ScoreResult, score
from genorx.interop.scores.scoring_file import ScoringFile, read_score

__all__ = ["ScoreResult", "ScoringFile", "read_score", "score"]
