"""The type model: what kind of act a sentence reports from one actor to another.

``examples`` reads the sentences that the model learns from, ``training`` makes the
artefact from them (needs the ``train`` extra), ``model`` runs it with onnxruntime.
"""

from dragoman.typemodel.model import Query, TypeModel, Verdict, mean_verdict

__all__ = ["Query", "TypeModel", "Verdict", "mean_verdict"]
