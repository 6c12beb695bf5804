"""`sgp index` takes its settings from options and from a settings file."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tests.conftest import Sgp


def test_a_settings_file_sets_the_index_unless_an_option_does(
    sgp: Sgp, trained: Path, experiments: Path, tmp_path: Path
) -> None:
    shutil.copytree(trained / "genres", experiments / "genres")
    file = tmp_path / "settings.toml"
    file.write_text("[train]\nepochs = 2\n\n[index]\ntrees = 3\nrandom-seed = 7\n")
    for options, trees in (((), 3), (("--trees", "4"), 4)):
        ran = sgp("index", "genres", "--config", file, *options, "--json")
        facts = json.loads(ran.out)
        assert (ran.code, facts["trees"], facts["random_seed"]) == (0, trees, 7)
    file.write_text("[index]\nleaves = 3\n")
    ran = sgp("index", "genres", "--config", file)
    assert (ran.code, ran.out) == (2, "")
    assert "index has no setting 'leaves'; known settings: " in ran.err
