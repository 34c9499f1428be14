# `make daily` is the main job, `make test` everything that CI checks; both set themselves up on a fresh clone.
# Options go in ARGS: make daily ARGS="--as-of 2024-03-28", make test ARGS="tests/unit -k settings"

.SILENT:
.DEFAULT_GOAL := help
.PHONY: help daily serve test test-spark fuzz bench docs lint psql clean
ARGS ?=
export PYTHON

help:
	echo 'make daily   load what is new, build, test and publish (sets everything up the first time)'
	echo 'make serve   the API at http://127.0.0.1:8000, its documentation at /docs'
	echo 'make test    linters and all tests (sets everything up the first time)'
	echo 'make test-spark  a Spark cluster of a master and two workers builds what PostgreSQL built (Java 17, 559 MB)'
	echo 'make fuzz    every route of the API with 500 made-up requests and more'
	echo 'make bench   benchmarks; results in bench/'
	echo 'make docs    documentation of the models: target/static_index.html'
	echo 'make lint    fix what can be fixed, then lint'
	echo 'make psql    a prompt on the database'
	echo 'make clean   stop the embedded server; delete the environment, data and build results: a fresh clone'

daily:
	tools/set-up runtime
	.venv/bin/sigmasight daily $(ARGS)

serve:
	tools/set-up runtime
	exec .venv/bin/sigmasight serve $(ARGS)

test:
	tools/set-up dev
	tools/test $(ARGS)

test-spark:
	tools/set-up dev
	tools/set-up spark
	env SIGMASIGHT_TEST_SPARK=1 .venv/bin/pytest -v tests/spark $(ARGS)

fuzz:
	tools/set-up dev
	.venv/bin/python -m tests.security.fuzz $(ARGS)
	SIGMASIGHT_REQUESTS=500 .venv/bin/pytest -q tests/api/test_positions.py tests/api/test_risk.py tests/api/test_data.py tests/api/test_analytics.py

bench:
	tools/set-up dev
	.venv/bin/python -m bench $(ARGS)

docs:
	tools/set-up runtime
	.venv/bin/dbt docs generate --static
	echo 'target/static_index.html'

lint:
	tools/set-up dev
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .
	.venv/bin/sqlfluff fix --disable-progress-bar --quiet dbt db
	.venv/bin/mypy

psql:
	tools/set-up runtime
	.venv/bin/sigmasight db psql $(ARGS)

clean:
	tools/clean
