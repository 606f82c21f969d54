#!/usr/bin/env bash
# The figure of `gate scan --staged`: one small file staged in a repository of 50,000 files, page cache warm.
# Bar: wall at most 2 times that of `git diff --cached --quiet`, and under 25 ms for the whole process.
# Usage: benches/staged.sh [GATE] [FILES]; runs alternate, so that both see the same machine.
set -euo pipefail
gate=$(realpath "${1:-target/release/gate}")
files=${2:-50000}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null HOME="$folder" XDG_CONFIG_HOME="$folder"
cd "$folder"
git init -q -b main repository
cd repository
git config user.name bench
git config user.email bench@example.com
python3 - "$files" <<'PY' | git fast-import --quiet
import sys
out = sys.stdout
files = int(sys.argv[1])
out.write("commit refs/heads/main\ncommitter bench <bench@example.com> 1700000000 +0000\ndata 5\nfirst\n")
for number in range(files):
    text = f"// file {number}\nfn f{number}() -> u32 {{ {number} }}\n"
    path = f"crates/part{number % 97}/src/module{number // 97 % 53}/file_{number}.rs"
    out.write(f"M 100644 inline {path}\ndata {len(text)}\n{text}\n")
PY
git reset -q --hard main
printf 'fn main() { println!("hello"); }\n' > crates/part5/src/main.rs
git add crates/part5/src/main.rs
python3 - "$gate" "$files" <<'PY'
import os, statistics, subprocess, sys, time
gate, files = sys.argv[1:3]
commands = {
    "git diff --cached --quiet": (["git", "diff", "--cached", "--quiet"], 1),
    "gate scan --staged": ([gate, "scan", "--staged"], 0),
    "gate hook run git pre-commit": ([gate, "hook", "run", "git", "pre-commit"], 0),
    "gate --version (start-up)": ([gate, "--version"], 0),
}
times = {name: [] for name in commands}
for turn in range(43):
    for name, (command, status) in commands.items():
        start = time.perf_counter()
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        took = time.perf_counter() - start
        assert done.returncode == status, (name, done)
        if turn >= 3:
            times[name].append(took)
print(f"{files} files, index of {os.path.getsize('.git/index'):,} bytes, one file staged; medians of 40, whole process")
base = statistics.median(times["git diff --cached --quiet"])
for name, values in times.items():
    median = statistics.median(values)
    print(f"{name:30} {median * 1000:7.2f} ms  (least {min(values) * 1000:.2f})  {median / base:5.2f}x")
PY
