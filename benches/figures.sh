#!/usr/bin/env bash
# The figures that the scanner is judged by, as ratios within one run. Nothing here fails on a slow machine:
# it prints a table for people to read.
#
#   CORPUS=/path/to/linux [DEPS=/path/to/packages] benches/figures.sh [--record] [--runs N] [--only NAME,…]
#
# CORPUS  a source tree of about 1 GB (a Linux kernel tree): CPU, wall, memory, growth
# DEPS    published packages of many languages: findings per megabyte
# --record writes the table to benches/runs/<date>-<machine>/figures.txt as well; MACHINE=name names the machine.
# Needs python3, and some 5 GB below TMPDIR for the files that it makes. `rg` adds one row, if it is there.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v python3 >/dev/null || { echo "python3 is missing; install it with your package manager" >&2; exit 1; }
cargo build --release --quiet --locked --bin gate --example floor --example shapes
exec python3 benches/figures.py "${CARGO_TARGET_DIR:-target}/release" "$@"
