# make demo    convert the two examples to HTML and Markdown, into demo/
# make test    run the tests, ruff and mypy
# make tables  compute the parser's tables anew, after a change in grammar/
PYTHON ?= python3
BIN = .venv/bin

.PHONY: demo test tables clean

demo: .venv/installed
	@mkdir -p demo
	@$(BIN)/spipconv convert --objects examples/objects.json -o demo/article.html examples/article.spip
	@$(BIN)/spipconv convert --objects examples/objects.json --to markdown -o demo/article.md examples/article.spip
	@$(BIN)/spipconv convert --profile comment -o demo/comment.html examples/comment.spip
	@$(BIN)/spipconv convert --profile comment --to markdown -o demo/comment.md examples/comment.spip
	@echo "An article and a comment in SPIP's markup (examples/) are now HTML and Markdown:"
	@ls -1 demo/article.html demo/article.md demo/comment.html demo/comment.md
	@echo "The comment, as HTML:"
	@cat demo/comment.html

test: .venv/installed-for-tests
	$(BIN)/pytest
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

tables: .venv/installed
	$(BIN)/python -c "from spipconv.grammar import write_tables; write_tables()"

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
