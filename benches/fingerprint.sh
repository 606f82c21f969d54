#!/usr/bin/env bash
# What knowing credentials costs and finds, as ratios within one run. Nothing here fails on a slow machine: it prints a
# table for people to read.
#
#   CORPUS=/path/to/linux [GATE=target/release/gate] benches/fingerprint.sh [--runs N]
#
# CORPUS  a source tree of about 1 GB that holds none of the credentials, which are made for the run
# Needs python3, and some 100 MB below TMPDIR.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v python3 >/dev/null || { echo "python3 is missing; install it with your package manager" >&2; exit 1; }
if [ -z "${GATE:-}" ]; then
  cargo build --release --quiet --locked --bin gate
  GATE="${CARGO_TARGET_DIR:-target}/release/gate"
fi
exec python3 benches/fingerprint.py "$GATE" "${CORPUS:?name a source tree}" "$@"
