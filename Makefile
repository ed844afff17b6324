# make demo    migrate the example site to Hugo, into demo/site
# make test    run the tests, ruff and mypy
# make tables  compute the parser's tables anew, after a change in grammar/
# make schema  write the JSON Schema of the tree, after a change in spipconv/nodes.py
# make map     bring the maps in ARCHITECTURE.md up to date, after a change of modules or imports
# make translations  bring the catalogues of sentences up to date, after a change of a sentence
PYTHON ?= python3
BIN = .venv/bin

.PHONY: demo test tables schema map translations clean

demo: .venv/installed
	@echo "A SPIP site (examples/site: its base and its IMG folder) becomes a Hugo site:"
	@$(BIN)/spipconv migrate examples/site/site.sqlite demo/site --to hugo --img examples/site/IMG || [ $$? = 1 ]
	@echo "Now: cd demo/site && hugo server"

test: .venv/installed-for-tests
	$(BIN)/pytest -n 2 --dist loadfile
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	for system in linux darwin win32; do $(BIN)/mypy --platform $$system || exit 1; done

tables: .venv/installed
	$(BIN)/python -c "from spipconv.parsing.grammar import write_tables; write_tables()"

schema: .venv/installed
	$(BIN)/python -c "import json, spipconv.converters.json as tree; print(json.dumps(tree.schema(), indent=2))" > docs/.schema && mv docs/.schema docs/document.schema.json

map: .venv/installed
	$(BIN)/python -m tests.rooms

translations: .venv/installed-for-tests
	$(BIN)/python -m tests.catalogues

clean:
	rm -rf .venv demo

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "spipconv needs Python 3.11 or newer: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"

# Bytecode is written here because some machines forbid it later (PYTHONDONTWRITEBYTECODE), at 50 ms a start.
.venv/installed: .venv/bin/python pyproject.toml
	$(BIN)/pip install --quiet --editable .
	$(BIN)/python -m compileall -q spipconv
	@touch $@

.venv/installed-for-tests: .venv/installed
	$(BIN)/pip install --quiet --group dev
	@touch $@
