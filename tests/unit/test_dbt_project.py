"""What the dbt project promises about itself, read from its manifest."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "dbt" / "models"

# the routes of the API that show figures; each is an exposure
ROUTES = {
    "GET /api/v1/portfolio",
    "GET /api/v1/positions",
    "GET /api/v1/risk/greeks",
    "GET /api/v1/risk/factors",
    "GET /api/v1/risk/metrics",
    "GET /api/v1/data/portfolio/{portfolio_id}/complete",
    "GET /api/v1/data/portfolio/{portfolio_id}/data-quality",
    "GET /api/v1/data/positions/details",
    "GET /api/v1/data/prices/historical/{portfolio_id}",
    "GET /api/v1/data/factors/etf-prices",
    "GET /api/v1/analytics/portfolio/{portfolio_id}/overview",
    "GET /api/v1/analytics/portfolio/{portfolio_id}/performance",
    "GET /api/v1/analytics/limits",
    "GET /api/v1/analytics/limits/breaches",
    "GET /api/v1/analytics/limits/events",
    "GET /api/v1/analytics/portfolio/{portfolio_id}/drawdowns",
    "GET /api/v1/analytics/portfolio/{portfolio_id}/monthly-returns",
    "GET /api/v1/analytics/portfolio/{portfolio_id}/attribution",
    "GET /api/v1/portfolio/summary",
    "GET /api/v1/portfolio/timeline",
    "GET /api/v1/risk/overview",
    "GET /api/v1/risk/factors/definitions",
    "GET /api/v1/risk/factors/covariances",
    "GET /api/v1/data/prices/quotes",
    "GET /api/v1/analytics/portfolio/{portfolio_id}/positions/factor-exposures",
    "GET /api/v1/analytics/positions/attribution",
    "GET /api/v1/export/portfolio",
    "GET /api/v1/data/quality",
    "POST /api/v1/risk/scenarios",
    "GET /api/v1/analytics/portfolio/{portfolio_id}/stress-test",
    "GET /api/v1/analytics/portfolio/{portfolio_id}/positions/stress-test",
    "GET /api/v1/analytics/portfolio/{portfolio_id}/interest-rate",
    "GET /api/v1/analytics/portfolio/{portfolio_id}/concentration",
    "GET /api/v1/analytics/portfolio/{portfolio_id}/factor-risk",
    "GET /api/v1/analytics/portfolio/{portfolio_id}/liquidity",
    "GET /api/v1/analytics/portfolio/{portfolio_id}/risk-contributions",
    "GET /api/v1/analytics/portfolio/{portfolio_id}/sector-exposure",
    "GET /api/v1/analytics/portfolio/{portfolio_id}/tail-risk",
    "GET /api/v1/analytics/portfolio/{portfolio_id}/var-backtest",
    "GET /api/v1/risk/correlations/positions/metrics",
    "GET /api/v1/risk/correlations/positions/matrix",
    "GET /api/v1/risk/correlations/positions/clusters",
    "GET /api/v1/analytics/portfolio/{portfolio_id}/diversification-score",
    "GET /api/v1/analytics/batch/{run}",
    "GET /api/v1/analytics/portfolio/{portfolio_id}/option-pnl",
    "GET /api/v1/explain",
    "GET /api/v1/explain/{metric}",
}

# a query in one of these has a window, or the macro that it calls has
WINDOW = re.compile(r"\)\s+over\s+[(\w]|\bsecurity_panel\(")
COMMENT = re.compile(r"--[^\n]*")

Node = dict[str, Any]


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Node:
    """The manifest of the project, parsed with warnings as errors."""
    from dbt.cli.main import dbtRunner
    from dbt.contracts.graph.manifest import Manifest

    target = tmp_path_factory.mktemp("dbt")
    with patch.dict(os.environ, {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}):
        arguments = ["--quiet", "--warn-error", "--log-path", str(target), "parse", "--no-partial-parse"]
        folders = ["--project-dir", str(ROOT), "--profiles-dir", str(ROOT), "--target-path", str(target)]
        result = dbtRunner().invoke(arguments + folders)
    assert result.success, f"dbt parse: {result.exception}"
    assert isinstance(result.result, Manifest)
    return cast(Node, result.result.to_dict())


@pytest.fixture(scope="module")
def models(manifest: Node) -> list[Node]:
    found = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    assert len(found) > 40
    return found


def layer(node: Node) -> str:
    return str(node["path"]).split("/")[0]


def has_window(node: Node) -> bool:
    return WINDOW.search(COMMENT.sub("", node["raw_code"])) is not None


def parents(node: Node, manifest: Node) -> Iterator[Node]:
    for unique_id in node["depends_on"]["nodes"]:
        yield manifest["nodes"].get(unique_id) or manifest["sources"][unique_id]


def test_models_and_columns_are_described(models: list[Node]) -> None:
    for model in models:
        assert model["description"].startswith("One row"), f"{model['name']}: the grain comes first: One row per …"
        assert model["columns"], f"{model['name']} has no columns in its YAML"
        for column in model["columns"].values():
            assert column["description"].strip(), f"{model['name']}.{column['name']} has no description"


def test_the_first_comment_of_a_model_is_its_grain(models: list[Node]) -> None:
    for model in models:
        assert model["raw_code"].startswith("-- one row"), f"{model['name']}: begins with -- one row per …"


def test_every_model_has_its_yaml_beside_it(models: list[Node]) -> None:
    for model in models:
        expected = (Path("dbt/models") / model["path"]).with_suffix(".yml").as_posix()
        assert (model["patch_path"] or "").removeprefix("sigmasight://") == expected, f"{model['name']} in {expected}"


def test_yaml_describes_nothing_that_is_not_there(models: list[Node]) -> None:
    names = {model["name"] for model in models}
    for path in MODELS.rglob("*.yml"):
        if not path.stem.startswith("_") and path.stem != "exposures":
            assert path.stem.removesuffix("_unit_tests") in names, f"{path.relative_to(ROOT)} belongs to no model"


def test_what_others_read_has_an_enforced_contract(models: list[Node]) -> None:
    for model in models:
        if layer(model) in ("published", "marts"):
            assert model["config"]["contract"]["enforced"], f"{model['name']} has no enforced contract"
            assert model["config"]["persist_docs"] == {"relation": True, "columns": True}, model["name"]


def test_published_tables_have_a_key_and_their_owner(models: list[Node]) -> None:
    for model in models:
        if layer(model) == "published":
            assert set(model["config"]["key"]) <= set(model["columns"]), f"{model['name']}: the key names no column"
            is_private = "portfolio_id" in model["columns"]
            assert (model["config"].get("owner") == "portfolio") == is_private, f"{model['name']}: owner='portfolio'?"


def test_every_window_has_a_unit_test(models: list[Node], manifest: Node) -> None:
    tested = {test["model"] for test in manifest["unit_tests"].values()}
    for model in models:
        # the views over what is published read ops.visible_run(), which a unit test cannot set
        if layer(model) != "marts" and has_window(model):
            assert model["name"] in tested, f"{model['name']} has a window function and no unit test"


def test_marts_have_no_windows(models: list[Node]) -> None:
    for model in models:
        if layer(model) == "marts":
            assert not has_window(model), f"{model['name']}: windows belong before publication"


def test_layers(models: list[Node], manifest: Node) -> None:
    allowed = {
        "staging": {"source", "staging"},
        "intermediate": {"staging", "intermediate", "published", "seed", "operations"},
        "published": {"staging", "intermediate", "published", "seed", "operations"},
        "marts": {"published", "staging", "seed"},
    }
    for model in models:
        for parent in parents(model, manifest):
            if parent["resource_type"] == "source":
                kind = "source"
                if parent["source_name"] == "operations":
                    kind = "operations"
            else:
                kind = "seed" if parent["resource_type"] == "seed" else layer(parent)
            assert kind in allowed[layer(model)], f"{model['name']} may not read {parent['name']}"


def test_staging_reads_one_source(models: list[Node], manifest: Node) -> None:
    for model in models:
        if layer(model) == "staging":
            sources = {
                parent["source_name"] for parent in parents(model, manifest) if parent["resource_type"] == "source"
            }
            assert len(sources) == 1, f"{model['name']} reads {sorted(sources)}"
            assert model["name"].startswith(f"stg_{sources.pop()}__"), model["name"]
            assert model["path"].split("/")[1] == model["name"].removeprefix("stg_").split("__")[0], model["path"]


def test_models_name_no_table_directly(models: list[Node]) -> None:
    for model in models:
        found = re.search(
            r"(?<!distinct )\b(?:from|join)\s+(raw|app|published|staging|intermediate|marts)\.\w+", model["raw_code"]
        )
        assert found is None, f"{model['name']} reads {found[0] if found else ''}: use ref() or source()"


def test_marts_carry_their_run_and_a_reason_with_every_status(models: list[Node]) -> None:
    for model in models:
        if layer(model) == "marts":
            assert "run_id" in model["columns"], f"{model['name']} has no run_id"
            for name in model["columns"]:
                if name == "status" or name.endswith("_status"):
                    reason = name.removesuffix("status") + "reason"
                    assert reason in model["columns"], f"{model['name']}: {name} without {reason}"


def test_every_mart_is_tested(models: list[Node], manifest: Node) -> None:
    tested = {
        unique_id
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test"
        for unique_id in node["depends_on"]["nodes"]
    }
    for model in models:
        if layer(model) == "marts":
            assert model["unique_id"] in tested, f"{model['name']} has no data test"


def test_tests_of_marts_look_at_the_run_being_built(manifest: Node) -> None:
    for node in manifest["nodes"].values():
        if node["resource_type"] != "test":
            continue
        name = node["name"]
        only_seeds = all(unique_id.startswith("seed.") for unique_id in node["depends_on"]["nodes"])
        if node.get("test_metadata") is None:
            if not only_seeds and name != "what_is_published_is_protected":
                assert "ops.visible_run()" in node["raw_code"], f"{name} reads the whole history"
        elif "/marts/" in node["original_file_path"]:
            assert node["config"]["where"], f"{name} reads the whole history"


def test_exposures_cover_the_surface(manifest: Node, models: list[Node]) -> None:
    marts = {model["unique_id"] for model in models if layer(model) == "marts"}
    exposures = list(manifest["exposures"].values())
    assert {exposure["label"] for exposure in exposures if exposure["type"] == "application"} == ROUTES
    for exposure in exposures:
        assert set(exposure["depends_on"]["nodes"]) <= marts, f"{exposure['name']} reads past the marts"
        assert exposure["description"] and exposure["owner"]["name"] == "SigmaSight", exposure["name"]
    analysts = next(exposure for exposure in exposures if exposure["type"] == "analysis")
    assert set(analysts["depends_on"]["nodes"]) == marts


CORE_ENGINES = {"market_data", "position_values", "greeks", "factor_exposures", "snapshots", "risk_metrics"}


@pytest.fixture(scope="module")
def isolated() -> set[str]:
    """The engines without which a run is published."""
    project = (ROOT / "dbt_project.yml").read_text(encoding="utf-8")
    found = re.search(r"isolated_engines:\s*\[([^]]+)\]", project)
    assert found
    return set(found[1].replace(",", " ").split())


def engine(node: Node) -> str:
    return str(node.get("config", {}).get("meta", {}).get("engine"))


def test_every_model_belongs_to_an_engine(models: list[Node], isolated: set[str]) -> None:
    for model in models:
        assert engine(model) in CORE_ENGINES | isolated, f"{model['name']}: meta engine {engine(model)}"


def test_no_core_model_reads_an_isolated_engine(models: list[Node], manifest: Node, isolated: set[str]) -> None:
    for model in models:
        for parent in parents(model, manifest):
            if engine(model) not in isolated:
                assert engine(parent) not in isolated, f"{model['name']} fails with {parent['name']}"


def test_a_data_test_reads_one_isolated_engine_at_most(manifest: Node, isolated: set[str]) -> None:
    for node in manifest["nodes"].values():
        if node["resource_type"] != "test":
            continue
        read = {engine(parent) for parent in parents(node, manifest)} & isolated
        # it is about all marts
        most = 0 if node["name"] == "what_is_published_is_protected" else 1
        assert len(read) <= most, f"{node['name']} reads {sorted(read)}: it would fail with each of them"


def test_marts_have_sound_rows(models: list[Node], manifest: Node) -> None:
    tested = {
        node["attached_node"]
        for node in manifest["nodes"].values()
        if (node.get("test_metadata") or {}).get("name") == "sound_rows"
    }
    for model in models:
        if layer(model) == "marts":
            assert model["unique_id"] in tested, f"{model['name']}: add the data test sound_rows to its YAML"


def test_bars_have_a_freshness(manifest: Node) -> None:
    bars = manifest["sources"]["source.sigmasight.market.bars"]
    assert "dataset = 'bars'" in bars["loaded_at_query"]
    assert bars["freshness"]["warn_after"]["count"] == 4


def test_every_function_file_has_its_pgtap_file() -> None:
    for folder in ("api", "app", "finance", "ops"):
        for path in (ROOT / "db" / "functions" / folder).glob("*.sql"):
            expected = ROOT / "tests" / "pgtap" / folder / path.name
            assert expected.exists(), f"{path.relative_to(ROOT)} has no {expected.relative_to(ROOT)}"
