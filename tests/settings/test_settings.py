"""Settings: bounds, and that each is an option of the command line with the same default."""

from __future__ import annotations

import inspect
from dataclasses import fields, is_dataclass
from typing import Any, get_args

import pytest

from skipgramophone import settings
from skipgramophone.cli import continue_ as continue_command
from skipgramophone.cli import evaluate, explain, export, extract, index, run, similar, train, tune
from skipgramophone.cli import inspect as inspect_command
from skipgramophone.cli import map as map_command
from skipgramophone.errors import SettingError
from skipgramophone.settings import (
    ContinueSettings,
    EvaluateSettings,
    ExplainSettings,
    ExportSettings,
    ExtractSettings,
    HistorySettings,
    IndexSettings,
    MapSettings,
    RunSettings,
    SimilarSettings,
    TrainSettings,
    TuneSettings,
)
from skipgramophone.settings.setting import alternatives, setting_of
from skipgramophone.settings.time_span import with_unit


@pytest.mark.parametrize(
    ("make", "values", "message"),
    [
        (ExtractSettings, {"num_rows": 0}, "num_rows must be at least 1, or -1 for all rows, not 0"),
        (ExtractSettings, {"num_rows": -2}, "num_rows must be at least 1, or -1 for all rows, not -2"),
        (TrainSettings, {"window_size": 0}, "window_size must be 'auto', 'bag' or a number from 1 to 63, not 0"),
        (
            TrainSettings,
            {"window_size": "sack"},
            "window_size must be 'auto', 'bag' or a number from 1 to 63, not 'sack'",
        ),
        (TrainSettings, {"window_size": 64}, "window_size must be 'auto', 'bag' or a number from 1 to 63, not 64"),
        (TrainSettings, {"epochs": 2.5}, "epochs must be a whole number, not 2.5"),
        (TrainSettings, {"embedding_dim": 0}, "embedding_dim must be from 1 to 4096, not 0"),
        (TrainSettings, {"embedding_dim": 5000}, "embedding_dim must be from 1 to 4096, not 5000"),
        (TrainSettings, {"epochs": 0}, "epochs must be at least 1, not 0"),
        (TrainSettings, {"negatives": 0}, "negatives must be at least 1, not 0"),
        (TrainSettings, {"min_count": 0}, "min_count must be at least 1, not 0"),
        (TrainSettings, {"learning_rate": 0.0}, "learning_rate must be above 0, not 0.0"),
        (TrainSettings, {"learning_rate": float("nan")}, "learning_rate must be above 0, not nan"),
        (TrainSettings, {"random_seed": -1}, "random_seed must be from 0 to 2^63 - 1, not -1"),
        (TrainSettings, {"noise_exponent": 3.0}, "noise_exponent must be from -2 to 2, not 3.0"),
        (TrainSettings, {"subsample": 2.0}, "subsample must be from 0 to 1, not 2.0"),
        (IndexSettings, {"trees": 0}, "trees must be from 1 to 1000, not 0"),
        (IndexSettings, {"shards": 0}, "shards must be from 1 to 1000, not 0"),
        (IndexSettings, {"recall": 0.0}, "recall must be above 0 and at most 1, not 0.0"),
        (IndexSettings, {"random_seed": 2**31}, "random_seed must be from 0 to 2^31 - 1, not 2147483648"),
        (ExportSettings, {"min_count": -1}, "min_count must be at least 0, not -1"),
        (ExportSettings, {"neighbours": -1}, "neighbours must be at least 0, not -1"),
        (ExportSettings, {"top": 0}, "top must be at least 1, not 0"),
        (MapSettings, {"projection": "globe"}, "projection must be one of auto, pca, tsne, not 'globe'"),
        (MapSettings, {"clusters": 0}, "clusters must be from 1 to 100, not 0"),
        (MapSettings, {"neighbours": 0}, "neighbours must be from 1 to 100, not 0"),
        (MapSettings, {"top": 0}, "top must be at least 1, not 0"),
        (MapSettings, {"random_seed": 2**32}, "random_seed must be from 0 to 2^32 - 1, not 4294967296"),
        (
            SimilarSettings,
            {"by": "heart"},
            "by must be one of cosine, cosine+count, model, factors, hybrid, not 'heart'",
        ),
        (
            SimilarSettings,
            {"by": "Hybird"},
            "by must be one of cosine, cosine+count, model, factors, hybrid, not 'Hybird'; did you mean 'hybrid'?",
        ),
        (
            TrainSettings,
            {"window_size": "atuo"},
            "window_size must be 'auto', 'bag' or a number from 1 to 63, not 'atuo'; did you mean 'auto'?",
        ),
        (ContinueSettings, {"diversity": 2.0}, "diversity must be from 0 to 1, not 2.0"),
        (ExplainSettings, {"number": 0}, "number must be at least 1, not 0"),
        (SimilarSettings, {"number": 0}, "number must be at least 1, not 0"),
        (SimilarSettings, {"max_per_artist": 0}, "max_per_artist must be at least 1, not 0"),
        (SimilarSettings, {"min_count": 0}, "min_count must be at least 1, not 0"),
        (SimilarSettings, {"popularity": 1.5}, "popularity must be from -1 to 1, not 1.5"),
        (SimilarSettings, {"diversity": float("nan")}, "diversity must be from 0 to 1, not nan"),
    ],
)
def test_values_out_of_range_are_refused(make: Any, values: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingError) as refused:
        make(**values)
    assert str(refused.value) == message


COMMANDS_OF = {
    ExtractSettings: (extract.extract, inspect_command.inspect),
    TrainSettings: (train.train, run.run),
    RunSettings: (train.train, evaluate.evaluate, tune.tune),
    IndexSettings: (index.index,),
    ExportSettings: (export.export,),
    MapSettings: (map_command.draw_map,),
    SimilarSettings: (similar.similar,),
    ContinueSettings: (continue_command.continue_playlist,),
    EvaluateSettings: (evaluate.evaluate,),
    TuneSettings: (tune.tune,),
    ExplainSettings: (explain.explain,),
    HistorySettings: (continue_command.continue_playlist,),
}
NOT_TYPED = {"role"}  # comes from TF_CONFIG
OTHER_TYPE = {"holdout", "only"}  # the command line takes a file too


def settings_classes() -> list[type[Any]]:
    """Return every settings class of the package."""
    return [each for name in settings.__all__ if (each := getattr(settings, name)) in COMMANDS_OF or is_settings(each)]


def is_settings(value: Any) -> bool:
    """Whether a value is a settings class; thresholds of an inspection are not set by users."""
    return isinstance(value, type) and is_dataclass(value) and value is not settings.Thresholds


@pytest.mark.parametrize("kind", settings_classes(), ids=lambda kind: kind.__name__)
def test_every_setting_is_an_option_with_the_same_default_and_help(kind: type[Any]) -> None:
    first, *others = (inspect.signature(command).parameters for command in COMMANDS_OF[kind])
    for field in fields(kind):
        if field.name in NOT_TYPED or (kind, field.name) == (ContinueSettings, "of"):  # continue lists tracks only
            continue
        assert field.name in first, f"{kind.__name__}.{field.name} is not an option"
        known = setting_of(field)
        assert known is not None
        for parameters in (first, *others):
            if field.name in parameters and field.name not in OTHER_TYPE:
                option = get_args(parameters[field.name].annotation)[1]
                assert option.help == known.help
                assert parameters[field.name].default == (known.default_text or field.default)


def whole_numbers() -> list[tuple[type[Any], str]]:
    """Return every setting that is a whole number."""
    return [
        (kind, field.name)
        for kind in settings_classes()
        for field in fields(kind)
        if int in alternatives(field.type) and setting_of(field)
    ]


@pytest.mark.parametrize(("kind", "name"), whole_numbers(), ids=lambda of: getattr(of, "__name__", of))
def test_every_whole_number_has_an_upper_bound(kind: type[Any], name: str) -> None:
    required = {"max_length": 2**31 - 1} if name == "min_length" else {}
    for value in (2**31, 2**63, 2**70):
        try:
            kind(**{name: value, **required})
        except SettingError as error:
            assert f"{value:,}" in str(error) or str(value) in str(error)  # noqa: PT017
        else:
            assert (name, value) in {("random_seed", 2**31), ("num_rows", 2**31)}


def test_numbers_above_the_bound_are_refused_by_name() -> None:
    cases: list[tuple[Any, dict[str, Any], str]] = [
        (SimilarSettings, {"number": 2**31}, "number must be at most 2,147,483,647, not 2,147,483,648"),
        (TrainSettings, {"negatives": 10_001}, "negatives must be at most 10,000, not 10,001"),
        (RunSettings, {"threads": 100_000}, "threads must be at most 1,024, not 100,000"),
        (ExtractSettings, {"max_length": 1}, "max_length must be at least 2, not 1"),
    ]
    for make, values, message in cases:
        with pytest.raises(SettingError) as refused:
            make(**values)
        assert str(refused.value) == message


def test_default_texts_mean_the_defaults() -> None:
    for kind in settings_classes():
        for field in fields(kind):
            known = setting_of(field)
            if known and known.default_text:
                assert known.parse is not None
                assert known.parse(known.default_text) == field.default


def test_a_learning_rate_for_adam_gives_a_warning() -> None:
    assert TrainSettings().doubts() == []
    (doubt,) = TrainSettings(learning_rate=0.001).doubts()
    assert doubt.startswith("warning: a learning rate of 0.001 suits Adam")


def test_a_learning_rate_that_diverges_gives_a_warning() -> None:
    assert TrainSettings(learning_rate=5.0).doubts() == []
    (doubt,) = TrainSettings(learning_rate=100.0).doubts()
    assert doubt.startswith("warning: training will probably diverge with a learning rate of 100;")


def test_settings_of_earlier_versions_may_have_a_time_span_without_a_unit() -> None:
    assert ExtractSettings(session_gap="1800").session_gap == "1800"
    with pytest.raises(SettingError, match="give 1800s, 1800m or 1800h, not 1800"):
        with_unit("1800")
