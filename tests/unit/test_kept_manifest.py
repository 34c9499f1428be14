"""The parsed project is kept on disk for the next process, which does not take it for that of other settings."""

from pathlib import Path

import pytest

from batch import build
from batch import manifest as kept
from batch.manifest import KeptManifest
from sigmasight.settings import Settings, load_settings

URL = "postgresql://postgres@localhost/kept"


@pytest.fixture
def parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was parsed, as it is parsed: the settings of each."""
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path))
    monkeypatch.setenv("DBT_LOG_PATH", str(tmp_path))
    found: list[str] = []
    parse = build.parse

    def noted(environment: dict[str, str]) -> object:
        found.append(environment["GREEKS_SOURCE"])
        return parse(environment)

    monkeypatch.setattr(kept, "parse", noted)
    return found


def settings(**changes: str) -> Settings:
    return load_settings().model_copy(update=changes)


def test_it_is_parsed_once_for_all_processes(parsed: list[str], tmp_path: Path) -> None:
    first = KeptManifest(URL, settings()).get()
    again = KeptManifest(URL, settings()).get()
    assert parsed == ["mock"] and again is not first
    assert set(again.nodes) == set(first.nodes) and again.child_map == first.child_map
    assert again.flat_graph.keys() == first.flat_graph.keys()

    (tmp_path / kept.FILE).write_bytes((tmp_path / kept.FILE).read_bytes()[:5000])
    assert set(KeptManifest(URL, settings()).get().nodes) == set(first.nodes)
    assert parsed == ["mock", "mock"], "half a file is as good as none"


def test_other_settings_and_databases_have_their_own(parsed: list[str]) -> None:
    KeptManifest(URL, settings()).get()
    KeptManifest(URL, settings(greeks_source="model")).get()
    KeptManifest(URL.replace("kept", "another"), settings()).get()
    assert parsed == ["mock", "model", "mock"]
