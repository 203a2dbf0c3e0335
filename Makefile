# Everything makes its own .venv: only Python 3.11 or later is needed.
#   make run [SPEED=3600] [PORT=3000] [SANDBOX_PORT=3100]
#   make why ID=… (of an email, as Slack's “Why” shows it)
.PHONY: run test check bench soak crash doctor why clean venv venv-dev
.DEFAULT_GOAL := run

PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$name" && break; done)
ifeq ($(strip $(PYTHON)),)
PYTHON := python3
endif
OURS := .venv/bin/python
PYTEST_ARGS ?= -n auto --dist loadfile --no-loadscope-reorder
# Where bytecode may not be kept, every start compiles every library anew.
export PYTHONDONTWRITEBYTECODE :=

# Given on the command line, they are settings like any other.
ifdef SPEED
export SPEED
endif
ifdef PORT
export PORT
endif
ifdef SANDBOX_PORT
export SANDBOX_PORT
endif

run: venv
	@exec $(OURS) -m local.up

test: venv-dev
	@$(OURS) -m local.chromium --install
	$(OURS) -m pytest $(PYTEST_ARGS)

check: venv-dev
	$(OURS) -m ruff check .
	$(OURS) -m ruff format --check .
	$(OURS) -m tests.sizes
	.venv/bin/lint-imports --config importlinter.ini
	$(OURS) -m pyright

bench: venv-dev
	@for file in tests/bench/bench_*.py; do \
		name=$$(basename $$file .py); echo "== $$name"; $(OURS) -m tests.bench.$$name || exit 1; done

soak: venv-dev
	$(OURS) -m tests.flows.soak $(SOAK_ARGS)

crash: venv-dev
	$(OURS) -m tests.crash.matrix $(CRASH_ARGS)

doctor: venv
	@exec $(OURS) -m local.up --doctor $(DOCTOR_ARGS)

why: venv
	@test -n "$(ID)" || { echo 'Which email? make why ID=…, as “Why” in Slack shows it.' >&2; exit 2; }
	@exec $(OURS) -m local.up --why "$(ID)"

clean:
	@if [ -x $(OURS) ] && $(OURS) -c 'import filelock' 2>/dev/null; then $(OURS) -m local.clean; fi
	@rm -rf .venv .rainmaker .pytest_cache .ruff_cache .hypothesis .import_linter_cache artifacts
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

venv:
	@$(PYTHON) local/venv.py

venv-dev:
	@$(PYTHON) local/venv.py --dev
