#!/usr/bin/env bash
# Makes .venv hold exactly what requirements.lock names, and the project itself. Safe to run again at any time.
# Needs Python 3.11 to 3.13 and a reachable PyPI. PYTHON=... chooses the interpreter.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
venv=$root/.venv
cd "$root"

say() { printf '[setup] %s\n' "$*" >&2; }
die() { printf '[setup] %s\n' "$*" >&2; exit 1; }
image='Use the container image instead: make image (see the README).'

# What the environment was built from. Equal stamps mean there is nothing to do.
want=$(cat requirements.lock tools/*.lock tools/*.sh pyproject.toml | sha256sum | cut -d' ' -f1)
[ "$(cat "$venv/.stamp" 2>/dev/null || true)" = "$want $root" ] && exit 0

case "$(uname -s)/$(uname -m)" in
  Linux/x86_64) ;;
  *) die "ml-metadata and tensorflow-data-validation have wheels for Linux x86_64 alone, this is $(uname -s) $(uname -m). $image" ;;
esac

find_python() {
  local p
  for p in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
    if command -v "$p" >/dev/null &&
       "$p" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
      "$p" -c 'import os, sys; print(os.path.realpath(getattr(sys, "_base_executable", sys.executable)))'
      return
    fi
  done
  die "no Python 3.11, 3.12 or 3.13 with its venv module found${PYTHON:+ as $PYTHON}. On Debian or Ubuntu: apt-get install python3 python3-venv. $image"
}

# A stamp of its own: a changed lock file re-syncs the packages and keeps the interpreter.
if [ "$(cat "$venv/.interpreter" 2>/dev/null || true)" != "$root" ] || ! "$venv/bin/python" -c '' 2>/dev/null; then
  base=$(find_python)
  say "making .venv with $("$base" --version)"
  rm -rf "$venv"
  "$base" -m venv --copies "$venv"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r tools/bootstrap.lock
  bash tools/private_glibc.sh "$base" "$venv"
  printf '%s' "$root" > "$venv/.interpreter"
fi

say 'installing the locked packages (3.5 GB; some minutes the first time)'
rm -f "$venv/.stamp"
# pip and uv stay: neither is in the lock, and `uv pip install` removes nothing.
VIRTUAL_ENV=$venv "$venv/bin/uv" pip install --quiet --compile-bytecode --require-hashes \
  --build-constraints tools/build.lock -r requirements.lock
VIRTUAL_ENV=$venv "$venv/bin/uv" pip install --quiet --no-deps --build-constraints tools/build.lock --editable .
printf '%s' "$want $root" > "$venv/.stamp"
say "ready: $venv/bin/widedeep"
