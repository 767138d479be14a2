# The commands of .ci/run, in the environment that is there (`.venv`); nothing is removed. `just` lists them.
python := ".venv/bin/python"

_default:
    @just --list

# Make or refresh the environment with all that work on the program needs
install:
    test -x {{python}} || python3 -m venv .venv
    {{python}} -m pip install --quiet --constraint constraints.txt --editable '.[test,dev]'

# The tests that need nothing but this machine
test *arguments:
    {{python}} -m pytest {{arguments}}

# The rest: long ones, a browser, a PostgreSQL server, strace, the recordings of known truth
rest *arguments:
    {{python}} -m pytest -m "slow or corpus or browser or postgres or network" {{arguments}}

# Lint, format and types
lint:
    {{python}} -m ruff check .
    {{python}} -m ruff format --check .
    {{python}} -m mypy

# Format, and correct what lint can correct by itself
format:
    {{python}} -m ruff check --fix .
    {{python}} -m ruff format .

# The house in figures
house:
    {{python}} -m tests.house

# All that has to hold
all: lint test rest
