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


def test_another_process_parses_while_this_one_does_something_else(parsed: list[str], tmp_path: Path) -> None:
    project = KeptManifest(URL, settings(greeks_source="model"))
    with project.parsed_meanwhile():
        found = project.get()
    assert parsed == [], "it was parsed by the other one"
    assert found.nodes and (tmp_path / kept.FILE).exists()
    # with the settings of this one, or it would not be its own
    assert set(KeptManifest(URL, settings(greeks_source="model")).get().nodes) == set(found.nodes)
    assert parsed == []


def test_where_the_other_process_fails_this_one_parses(
    parsed: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = KeptManifest(URL, settings())
    monkeypatch.setenv("PYTHONHOME", str(tmp_path / "no python here"))
    with project.parsed_meanwhile():
        assert project.get().nodes
    assert parsed == ["mock"]


def test_it_ends_with_the_block(parsed: list[str], tmp_path: Path) -> None:
    project = KeptManifest(URL, settings())
    with pytest.raises(RuntimeError, match="the load failed"), project.parsed_meanwhile():
        raise RuntimeError("the load failed")
    assert not (tmp_path / kept.FILE).exists() and project._parser is None
