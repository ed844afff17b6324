# make demo      migrate the example site to Hugo, into demo/site
# make check     format, rules, types and the quick tests: under a minute
# make test      everything: all tests, the widget's too, rules, and types for three systems
# make coverage  which lines and branches the tests reach
# make tables    compute the parser's tables again, after a change in grammar/
# make schema    write the JSON Schema of the tree, after a change in spipconv/nodes.py
# make map       bring the maps in ARCHITECTURE.md up to date, after a change of modules or imports
# make translations  bring the catalogues of sentences up to date, after a change of a sentence
PYTHON ?= python3
BIN = .venv/bin
# Half of the time of many tests is waiting (for a server, a browser, a worker that must be given up).
WORKERS ?= 4
PYTEST = $(BIN)/pytest --numprocesses $(WORKERS) --dist worksteal

.PHONY: demo check test widget coverage tables schema map translations clean

demo: .venv/installed
	@echo "A SPIP site (examples/site: its database and its IMG folder) becomes a Hugo site:"
	@$(BIN)/spipconv migrate examples/site/site.sqlite demo/site --to hugo --img examples/site/IMG || [ $$? = 1 ]
	@echo "Now: cd demo/site && hugo server"

check: .venv/installed-for-tests
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(PYTEST) -q --numprocesses 2 -m "not slow and not server and not browser"

test: .venv/installed-for-tests widget
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	for system in linux darwin win32; do $(BIN)/mypy --platform $$system || exit 1; done
	$(PYTEST)

widget: node_modules/installed
	@[ ! -e node_modules/installed ] || { npm run --silent lint && npm test --silent; }

# A process that a test kills leaves half a file of data: it is left out.
coverage: .venv/installed-for-tests node_modules/installed
	$(BIN)/coverage erase
	-$(BIN)/coverage run -m pytest -q --numprocesses $(WORKERS) --dist worksteal
	$(BIN)/coverage combine --quiet 2>/dev/null
	$(BIN)/coverage report

tables: .venv/installed
	$(BIN)/python -c "from spipconv.parsing.tables import write_tables; write_tables()"

schema: .venv/installed
	$(BIN)/python -c "import json, spipconv.converters.json as tree; print(json.dumps(tree.schema(), indent=2))" > docs/.schema && mv docs/.schema docs/document.schema.json

map: .venv/installed
	$(BIN)/python -m tests.rooms

translations: .venv/installed-for-tests
	$(BIN)/python -m tests.catalogues

clean:
	rm -rf .venv demo node_modules

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

# The widget itself needs nothing of this; Node.js 20.19 is what its linter needs.
node_modules/installed: package.json package-lock.json
	@if npm --version >/dev/null 2>&1 && node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)'; \
	then npm ci --silent && touch $@; \
	else echo "No npm with Node.js 20.19 or newer: the widget is not linted, its unit tests and those with axe-core are skipped"; fi
