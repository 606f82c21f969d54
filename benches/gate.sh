#!/usr/bin/env bash
# What `gate check` costs as a whole process, beside `gate --version`, which parses its arguments and exits.
# GATE names the binary (default: target/release/gate), RUNS how often each is run (default: 300).
set -euo pipefail
cd "$(dirname "$0")/.."
GATE=${GATE:-target/release/gate} RUNS=${RUNS:-300} python3 - <<'PYTHON'
import os, statistics, subprocess, time

gate, runs = os.environ["GATE"], int(os.environ["RUNS"])
commands = {
    "gate --version": [gate, "--version"],
    "check ls -la": [gate, "check", "ls -la"],
    "check a pipeline": [gate, "check", "git commit -m x && cargo test 2>&1 | tail -5"],
    "check rm -rf target": [gate, "check", "rm -rf target"],
    "check with a long word": [gate, "check", "echo " + "a1B2" * 12],
}
times = {name: [] for name in commands}
for _ in range(runs):
    for name, command in commands.items():
        started = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
        times[name].append((time.perf_counter() - started) * 1000)
base = sorted(times["gate --version"])
for name, taken in times.items():
    taken.sort()
    p50, p99 = statistics.median(taken), taken[int(len(taken) * 0.99)]
    print(f"{name:24} p50 {p50:6.2f} ms (+{p50 - statistics.median(base):.2f})  p99 {p99:6.2f} ms (+{p99 - base[int(len(base) * 0.99)]:.2f})")
PYTHON
