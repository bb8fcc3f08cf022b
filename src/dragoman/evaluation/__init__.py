"""Compare coded reports with gold files, item by item and in totals."""

from dragoman.evaluation.gold import Gold, GoldItem, load_gold
from dragoman.evaluation.scores import Evaluation, Scores, evaluate

__all__ = ["Evaluation", "Gold", "GoldItem", "Scores", "evaluate", "load_gold"]
