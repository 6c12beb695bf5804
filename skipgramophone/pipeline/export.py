"""Exports vectors to files for other tools."""

from __future__ import annotations

from pathlib import Path

from skipgramophone.lookup.lookup import open_lookup
from skipgramophone.pipeline.reports import ExportReport
from skipgramophone.settings import ExportSettings, check_arguments


@check_arguments()
def export(
    name: str,
    destination: Path | str,
    format: str | None = None,
    settings: ExportSettings | None = None,
    *,
    force: bool = False,
    experiments_dir: Path | str | None = None,
) -> ExportReport:
    """Write the vectors of an experiment to a file in a format that other tools read.

    Args:
        name: name of the experiment.
        destination: file to write, or directory for the formats annoy, savedmodel and projector.
        format: format of the file; None selects it by the suffix.
        settings: settings of the export, such as the selection of tracks.
        force: replace an existing file.
        experiments_dir: experiments directory; the default is $SGP_EXPERIMENTS or ./experiments.

    Raises:
        SettingError: the format is unknown or does not support a setting, or no track is left.
        ExperimentError: a stage is missing or stale, or the destination exists.
        StorageError: the disk failed, or the file differs from the exported data when it is read back.
    """
    from skipgramophone import exporters  # imported here to start look-ups faster
    from skipgramophone.exporters.selection import convert, origin, select, vectors_of
    from skipgramophone.pipeline.model_card import card_of, licence_of

    settings, destination = settings or ExportSettings(), Path(destination)
    chosen = exporters.format_of(destination, format)
    exporters.require_supported(chosen, settings)
    with open_lookup(name, experiments_dir) as lookup:
        lookup.require_current()
        exporters.require_writable(destination, chosen, force)
        selection = select(lookup, settings, chosen)
        vectors, about = vectors_of(lookup, selection.tracks, settings), origin(lookup)
        experiment, dim = lookup.experiment, lookup.embeddings.dim
    vectors, recall = convert(vectors, settings)
    licence = licence_of(experiment)
    about |= {"licence": licence} if licence else {}
    card = card_of(experiment)
    size = exporters.write(destination, chosen, vectors, force=force, about=about, card=card)
    return ExportReport(
        experiment=name,
        destination=str(destination),
        beside=[path.name for path in exporters.companion_files(destination, chosen)],
        format=chosen,
        tracks=len(selection.tracks),
        left_out=selection.left_out,
        not_asked=selection.not_asked,
        no_room=selection.no_room,
        unknown=selection.unknown,
        dim=dim,
        bytes=size,
        dtype=settings.dtype,
        recall_at_10=recall,
        of=settings.of,
    )
