"""Names of files and directories that several packages share; `experiments/README.md` describes them."""

EVALUATION = "evaluation"  # directory of evaluation reports and of the models trained for them
HISTORY = "history.jsonl"  # training history in the model stage, with one line per epoch
STABILITY_REPORT = "stability.json"  # report of `sgp evaluate --stability`, in the evaluation directory
IDENTIFIERS = "identifiers.sqlite"  # identifiers of the tracks of a corpus
