#!/usr/bin/env python3
"""Runs scanners side by side on a labelled sample, and prints what each finds, flags and costs.

    cargo run --release --example lab -- --expand /tmp/sample
    benches/lab/compare.py /tmp/sample/independent --gate target/release/gate [--kingfisher BIN]
        [--detect-secrets BIN] [--ripsecrets BIN] [--misses]

A text that holds a secret counts as found when a finding lies on a line of the secret, a harmless one as flagged when
there is any finding in it. Nothing is validated over the network. CPU times are of the whole process, user and system.
"""

import argparse
import json
import re
import resource
import subprocess
import time
from collections import defaultdict
from pathlib import Path


def gate(binary, root):
    out = run([binary, "scan", "--no-ignore", "--format", "json", "."], root)
    return {(f["path"], f["start_line"]) for f in json.loads(out)["findings"]}


def kingfisher(binary, root):
    out = run([binary, "scan", ".", "--no-validate", "--no-update-check", "--confidence", "medium", "--format", "json",
               "--git-history", "none"], root)
    found = set()
    # a second object, a summary, follows
    for entry in json.JSONDecoder().raw_decode(out.decode())[0]["findings"]:
        finding = entry["finding"]
        found.add((relative(finding["path"], root), int(finding["line"])))
    return found


def detect_secrets(binary, root):
    results = json.loads(run([binary, "scan", "--all-files", "--no-verify", "."], root))["results"]
    return {(relative(path, root), hit["line_number"]) for path, hits in results.items() for hit in hits}


def ripsecrets(binary, root):
    found = set()
    for line in run([binary, "."], root).decode(errors="replace").splitlines():
        plain = re.sub(r"\x1b\[[0-9;]*m", "", line)
        if place := re.match(r"([^:]+):(\d+):", plain):
            found.add((relative(place[1], root), int(place[2])))
    return found


SCANNERS = {"gate": gate, "kingfisher": kingfisher, "detect-secrets": detect_secrets, "ripsecrets": ripsecrets}


def run(command, root):
    return subprocess.run(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout


def relative(path, root):
    return str(Path(path).relative_to(root)) if path.startswith("/") else path.removeprefix("./")


def lines_of(file, spans):
    text, lines = file.read_bytes(), set()
    for span in spans:
        start, end = map(int, span.split("-"))
        lines |= set(range(text.count(b"\n", 0, start) + 1, text.count(b"\n", 0, end) + 2))
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sample", type=Path)
    parser.add_argument("--misses", action="store_true", help="list what another scanner finds and gate does not")
    for name in SCANNERS:
        parser.add_argument(f"--{name}")
    arguments = parser.parse_args()
    root = (arguments.sample / "texts").resolve()
    labels = [line.split("\t") for line in (arguments.sample / "labels.tsv").read_text().splitlines()]
    hits = {}
    print("scanner          found            flagged          precision    F1  wall s   CPU s")
    for name, scan in SCANNERS.items():
        if not (binary := getattr(arguments, name.replace("-", "_"))):
            continue
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.time()
        lines = defaultdict(set)
        for path, line in scan(str(Path(binary).resolve()), root):
            lines[path].add(line)
        wall, after = time.time() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        secret = [(path, spans) for path, label, _, *spans in labels if label == "true"]
        harmless = [path for path, label, *_ in labels if label == "false"]
        hits[name] = {path for path, spans in secret if lines[path] & lines_of(root / path, spans)}
        flagged = sum(bool(lines[path]) for path in harmless)
        found = len(hits[name])
        precision, recall = found / max(found + flagged, 1), found / len(secret)
        f1 = 2 * precision * recall / max(precision + recall, 1e-9)
        print(f"{name:<14}{found:>6}/{len(secret)} {recall:6.1%}{flagged:>6}/{len(harmless)} "
              f"{flagged / len(harmless):6.1%}{precision:>10.3f}{f1:>7.3f}{wall:>8.2f}{cpu:>8.2f}")
    if arguments.misses and "gate" in hits:
        for name in hits.keys() - {"gate"}:
            for path in sorted(hits[name] - hits["gate"]):
                print(f"{name} finds, gate misses: {path}")


if __name__ == "__main__":
    main()
