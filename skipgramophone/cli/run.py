"""`sgp run`: the original script in one command, from a dump to a first look."""

from __future__ import annotations

from skipgramophone.cli import extract as extract_command
from skipgramophone.cli import options
from skipgramophone.cli import similar as similar_command
from skipgramophone.cli import train as train_command
from skipgramophone.settings import ExtractSettings, SimilarSettings, TrainSettings


def run(
    experiment: options.Experiment,
    source: options.Sources = None,
    csv_path: options.CsvPath = None,
    sample: options.Sample = False,
    num_rows: options.NumRows = options.EXTRACT.num_rows,
    window_size: options.Window = options.WINDOW_SIZE,
    embedding_dim: options.EmbeddingDim = options.TRAIN.embedding_dim,
    epochs: options.Epochs = options.TRAIN.epochs,
    learning_rate: options.LearningRate = options.TRAIN.learning_rate,
    random_seed: options.RandomSeed = options.TRAIN.random_seed,
    force: options.Force = False,
    quiet: options.Quiet = False,
    experiments_dir: options.ExperimentsDir = None,
) -> None:
    """Extract, train and have a first look, in one go.

    It takes the options of the original script; underscores in option names are taken for hyphens.

    \b
    sgp run demo --sample
    sgp run large_wsz --csv_path spotify_playlists.csv --window_size 4
    """
    settings = TrainSettings(
        window_size=options.window_size(window_size),
        embedding_dim=embedding_dim,
        epochs=epochs,
        learning_rate=learning_rate,
        random_seed=random_seed,
    )
    reading = ExtractSettings(num_rows=num_rows)
    found = extract_command.run_extract(experiment, source, csv_path, sample, reading, force, quiet, experiments_dir)
    extract_command.show(found, json=False, quiet=quiet)
    trained = train_command.run_train(experiment, settings, options.RUN, force, quiet, experiments_dir)
    train_command.show(trained, json=False, quiet=quiet)
    answer = similar_command.first_look(experiment, SimilarSettings(), experiments_dir)
    similar_command.show(answer, json=False, quiet=quiet)
