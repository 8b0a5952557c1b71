# Everything a new machine needs is Python 3.11 and make; each target does its own set-up.
#
#   make demo    serve the registry with the published series on http://127.0.0.1:8000 (PORT, DEMO_PASSWORD), and run
#                the worker that writes large exports
#   make test    every test that needs no browser (DATABASE_URL chooses PostgreSQL; PYTEST_ARGS adds options)
#   make e2e     the browser tests (Chromium)
#   make bench   measure exports and imports against psql (PostgreSQL by DATABASE_URL; N=20000 for fewer patients)
#   make lint    ruff, mypy, djlint, missing migrations
#   make messages   bring the catalogues of translations up to date and compile them (PRUNE=1 drops unused texts)
#   make docs    write the documents that are generated from the models and from the published series
#   make lock    pin the dependencies anew
#   make clean   remove what was built (the database and the secrets in var/ stay)

VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
PYTEST_ARGS ?=
LOCK_STAMP := $(VENV)/lock.sha256
STATIC_STAMP := var/static/.collected
STATIC_SOURCES := $(shell find registry cases procedures outcomes -path '*/static/*' -type f 2>/dev/null)

.DELETE_ON_ERROR:
.PHONY: demo test e2e bench lint messages docs lock clean setup

# --- set-up ---------------------------------------------------------------------------------------------------

# The lock names every package, so pip has nothing to resolve (--no-deps). Left to resolve, the pip that comes with
# Python 3.11 prefers a newer release over the pinned one where another package asks for it with an extra, and then
# refuses it for want of a hash. `pip check` says whether the lock is whole.

setup: $(VENV)/pyvenv.cfg
	@set -e; \
	wanted=$$($(BIN)/python -c "import hashlib; print(hashlib.sha256(open('requirements.lock','rb').read()).hexdigest())"); \
	if [ "$$(cat $(LOCK_STAMP) 2>/dev/null)" != "$$wanted" ]; then \
		echo "Installing the pinned dependencies into $(VENV) (about a minute, once per change of requirements.lock) ..."; \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock; \
		$(BIN)/python -m pip check --disable-pip-version-check; \
		echo "$$wanted" > $(LOCK_STAMP); \
	fi

$(VENV)/pyvenv.cfg:
	@set -e; \
	for candidate in python3.11 python3 python; do \
		if command -v $$candidate >/dev/null 2>&1 \
		   && $$candidate -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then \
			python=$$candidate; break; \
		fi; \
	done; \
	if [ -z "$${python:-}" ]; then \
		echo "Python 3.11 was not found. Install it and run make again." >&2; exit 1; \
	fi; \
	$$python -m venv $(VENV) || { \
		rm -rf $(VENV); \
		echo "$$python could not create a virtual environment (on Debian: apt-get install python3.11-venv)." >&2; exit 1; }

# Secrets of this installation: written once, readable by their owner only, never overwritten.
var/env: | setup
	@mkdir -p var && chmod 700 var
	@umask 077; $(BIN)/python -c "import secrets; print(f'SECRET_KEY={secrets.token_urlsafe(64)}\nIDENTITY_KEY={secrets.token_urlsafe(48)}')" > $@
	@chmod 600 $@

$(STATIC_STAMP): $(STATIC_SOURCES) requirements.lock | setup var/env
	@$(BIN)/python manage.py collectstatic --noinput --clear --verbosity 0
	@mkdir -p $(@D) && touch $@

# --- targets --------------------------------------------------------------------------------------------------

demo: setup var/env $(STATIC_STAMP)
	@set -e; \
	$(BIN)/python manage.py migrate --noinput --verbosity 0; \
	$(BIN)/python manage.py load_publications; \
	$(BIN)/python manage.py demo_users $${DEMO_PASSWORD:+--password "$$DEMO_PASSWORD"}; \
	echo "The registry is served at http://127.0.0.1:$(PORT)/ (Ctrl+C stops it)."; \
	exec $(BIN)/python manage.py with_worker -- $(BIN)/gunicorn registry.wsgi:application --bind 127.0.0.1:$(PORT) --workers 2 --threads 4 \
		--timeout 120 --no-control-socket --log-level info

test: setup
	$(BIN)/python -m pytest -m "not e2e" -n auto $(PYTEST_ARGS)

e2e: setup
	DJANGO_ALLOW_ASYNC_UNSAFE=1 $(BIN)/python -m pytest -m e2e -n 2 $(PYTEST_ARGS)

bench: setup
	$(BIN)/python -m tests.bench.exports --patients $(or $(N),200000)
	$(BIN)/python -m tests.bench.imports

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/djlint --lint templates
	$(BIN)/python manage.py makemigrations --check --dry-run

# The compiled catalogues are committed beside their sources, so that a clone runs in German without a build step; both
# are written in Python (Babel), so that nobody needs GNU gettext. A test fails when they lag behind.
messages: setup
	$(BIN)/python manage.py messages $(if $(PRUNE),--prune)

docs: setup
	$(BIN)/python manage.py data_model
	$(BIN)/python manage.py migrate --noinput --verbosity 0
	$(BIN)/python manage.py load_publications
	$(BIN)/python manage.py consistency_checks

# uv is only needed here. It keeps the versions already pinned unless UPGRADE=1 is given.
lock: setup
	@command -v uv >/dev/null 2>&1 || test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet uv
	@PATH="$(BIN):$$PATH" uv pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links \
		--no-annotate --no-header --python-version 3.11 --extra dev --extra parquet --extra spss $(if $(UPGRADE),--upgrade) \
		pyproject.toml -o requirements.lock

clean:
	rm -rf $(VENV) var/static .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage htmlcov build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
