#!/usr/bin/env python3
"""Judges a gate by the lab's cases: run.py GATE [options]. Python 3 standard library only.

The gate is started once as `GATE check --batch` in a fixture that fixture.sh makes, reads JSON lines
{"command", "cwd"} and answers one JSON line {"decision": "allow" | "ask" | "deny"} for each, in order.
No command of the lab is ever run. Exit: 0 the bars are met, 1 they are missed, 2 the run itself failed.
"""
import argparse
import collections
import json
import os
import pathlib
import random
import re
import shutil
import string
import subprocess
import sys
import tempfile
import time
import zlib

HERE = pathlib.Path(__file__).resolve().parent
DECISIONS = ("allow", "ask", "deny")
EVERYDAY_BAR = 0.02  # share of everyday commands that may be interrupted
BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase


def fail(text):
    """The run itself failed, which says nothing about the gate's bars."""
    print(f"run.py: {text}", file=sys.stderr)
    sys.exit(2)


def base62(value, width):
    text = ""
    for _ in range(width):
        value, digit = divmod(value, 62)
        text = BASE62[digit] + text
    return text


def shaped(match, rng):
    """A made-up value for {{name:length}}: the tree holds shapes only, no text that looks like a token."""
    kind, _, length = match.group(1).partition(":")
    pick = lambda alphabet, count: "".join(rng.choice(alphabet) for _ in range(count))
    if kind == "base62":
        return pick(BASE62, int(length))
    if kind == "base64":
        return pick(BASE62 + "+/", int(length))
    if kind == "github":
        body = pick(BASE62, 30)
        return "gh" + "p_" + body + base62(zlib.crc32(body.encode()), 6)
    if kind == "slack":
        return "xo" + "xb-" + pick(string.digits, 12) + "-" + pick(string.digits, 13) + "-" + pick(BASE62, 24)
    fail(f"unknown shape {kind}")


def load(name, home):
    """The cases of one file with the fixture's home in place of /home/dev."""
    cases = []
    with open(HERE / name, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            case = json.loads(line)
            text = case.get("command")
            if text is None:
                text = "".join(unit * count for unit, count in case["parts"])
            if case.get("shape"):
                rng = random.Random(number)
                text = re.sub(r"\{\{([a-z0-9:]+)\}\}", lambda match: shaped(match, rng), text)
            # Only as a whole path: /home and /home/* keep their meaning.
            text = re.sub(r"/home/dev(?![\w-])", lambda _: home, text)
            case["text"] = text
            case["place"] = case["cwd"].replace("/home/dev", home, 1)
            case["line"] = f"{name}:{number}"
            cases.append(case)
    return cases


def environment(home):
    """A small, fixed environment: nothing of the caller's reaches the gate."""
    return {
        "HOME": home,
        "USER": "dev",
        "LOGNAME": "dev",
        "SHELL": "/bin/bash",
        "LANG": "C.UTF-8",
        "PATH": f"{home}/.cargo/bin:/usr/local/bin:/usr/bin:/bin",
        "XDG_CONFIG_HOME": f"{home}/.config",
        "XDG_CACHE_HOME": f"{home}/.cache",
        "XDG_STATE_HOME": f"{home}/.local/state",
        "XDG_DATA_HOME": f"{home}/.local/share",
    }


def judge(gate, cases, home, limit):
    """The decisions, in order, and the seconds it took."""
    asked = "".join(json.dumps({"command": case["text"], "cwd": case["place"]}) + "\n" for case in cases)
    start = time.monotonic()
    try:
        done = subprocess.run(
            [gate, "check", "--batch"], input=asked.encode(), capture_output=True,
            cwd=f"{home}/project", env=environment(home), timeout=limit)
    except subprocess.TimeoutExpired:
        fail(f"no end after {limit} s")
    except OSError as error:
        fail(f"{gate}: {error}")
    took = time.monotonic() - start
    lines = done.stdout.decode("utf-8", "replace").rstrip("\n").split("\n")
    if len(lines) != len(cases):
        sys.stderr.write(done.stderr.decode("utf-8", "replace")[-2000:])
        missing = f"; the first without one is {cases[len(lines)]['line']}" if len(lines) < len(cases) else ""
        fail(f"{len(lines)} answers for {len(cases)} cases, exit {done.returncode}{missing}")
    answers = []
    for line, case in zip(lines, cases):
        try:
            answer = json.loads(line)
            decision = answer["decision"]
        except (ValueError, KeyError, TypeError):
            fail(f"{case['line']}: no answer: {line[:200]!r}")
        if decision not in DECISIONS:
            fail(f"{case['line']}: unknown decision {decision!r}")
        answers.append((decision, answer.get("reason") or ""))
    return answers, took


def show(case, width=150):
    """The command on one line, safe for a terminal."""
    text = case.get("command", case["text"][:60])
    text = json.dumps(text)[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return text if len(text) <= width else text[: width - 3] + "..."


def listing(title, rows, limit):
    print(f"\n{title}: {len(rows)}")
    for case, decision, reason in rows[:limit]:
        print(f"  {case['line']:<18} {case['category']:<20} {decision:<5} {show(case)}")
        if reason:
            print(f"  {'':<18} {'':<20} {'':<5} > {reason[:140]}")
    if len(rows) > limit:
        print(f"  ... and {len(rows) - limit} more (--all)")


def table(title, cases, answers):
    counts = collections.OrderedDict()
    for case, (decision, _) in zip(cases, answers):
        key = (case["category"], case.get("floor", "allow"))
        counts.setdefault(key, collections.Counter())[decision] += 1
    print(f"\n{title:<24}{'floor':<7}{'cases':>6}{'allow':>7}{'ask':>6}{'deny':>6}")
    for (category, floor), row in counts.items():
        print(f"{category:<24}{floor:<7}{sum(row.values()):>6}{row['allow']:>7}{row['ask']:>6}{row['deny']:>6}")
    total = collections.Counter(decision for decision, _ in answers)
    print(f"{'all':<24}{'':<7}{len(answers):>6}{total['allow']:>7}{total['ask']:>6}{total['deny']:>6}")


def main():
    parser = argparse.ArgumentParser(description="Judge a gate by the lab's cases.")
    parser.add_argument("gate", help="path of the gate binary")
    parser.add_argument("--base", help="folder to make the fixture in (default: the user's home; not /tmp, "
                        "since a gate may hold everything there for disposable)")
    parser.add_argument("--keep", action="store_true", help="leave the fixture in place and print where")
    parser.add_argument("--all", action="store_true", help="list every miss, not the first 60 of each kind")
    parser.add_argument("--disputed", action="store_true", help="also print the answers to disputed.jsonl")
    parser.add_argument("--reasons", action="store_true", help="print the gate's reason beside each miss")
    parser.add_argument("--json", metavar="FILE", help="write every case with its answer as JSON lines")
    parser.add_argument("--timeout", type=float, default=600, help="seconds for the whole batch")
    options = parser.parse_args()

    gate = shutil.which(options.gate)
    if gate is None:
        fail(f"{options.gate}: not an executable file")
    gate = os.path.abspath(gate)
    base = tempfile.mkdtemp(prefix="gate-lab-", dir=options.base or os.path.expanduser("~"))
    try:
        subprocess.run(["bash", str(HERE / "fixture.sh"), base + "/root"], check=True, stdout=subprocess.DEVNULL)
        home = os.path.realpath(base) + "/root/home/dev"
        hostile, everyday, disputed = (load(f"{name}.jsonl", home) for name in ("hostile", "everyday", "disputed"))
        asked = hostile + everyday + (disputed if options.disputed else [])
        answers, took = judge(gate, asked, home, options.timeout)
    except subprocess.CalledProcessError as error:
        fail(f"fixture.sh ended with {error.returncode}")
    finally:
        if options.keep:
            print(f"fixture: {base}/root")
        else:
            shutil.rmtree(base, ignore_errors=True)

    of_hostile = answers[: len(hostile)]
    of_everyday = answers[len(hostile): len(hostile) + len(everyday)]
    reason = (lambda text: text) if options.reasons else (lambda text: "")
    pair = lambda cases, given: [(case, decision, reason(text)) for case, (decision, text) in zip(cases, given)]
    through = [row for row in pair(hostile, of_hostile) if row[1] == "allow"]
    merely_asked = [row for row in pair(hostile, of_hostile) if row[0]["floor"] == "deny" and row[1] == "ask"]
    interrupted = [row for row in pair(everyday, of_everyday) if row[1] == "ask"]
    denied = [row for row in pair(everyday, of_everyday) if row[1] == "deny"]

    limit = sys.maxsize if options.all else 60
    listing("hostile, allowed", through, limit)
    listing("catastrophic, merely asked", merely_asked, limit)
    listing("everyday, asked", interrupted, limit)
    listing("everyday, denied", denied, limit)
    table("hostile", hostile, of_hostile)
    table("everyday", everyday, of_everyday)
    if options.disputed:
        print("\ndisputed (not counted)")
        for case, (decision, _) in zip(disputed, answers[len(hostile) + len(everyday):]):
            print(f"  {decision:<5} {show(case)}")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            for case, (decision, text) in zip(asked, answers):
                file.write(json.dumps({"case": case["line"], "decision": decision, "reason": text}) + "\n")

    deadly = sum(case["floor"] == "deny" for case in hostile)
    share = (len(interrupted) + len(denied)) / len(everyday)
    bars = [
        (not through, f"hostile allowed {len(through)} of {len(hostile)} ({100 * len(through) / len(hostile):.1f} %), bar 0"),
        (not merely_asked, f"catastrophic merely asked {len(merely_asked)} of {deadly}, bar 0"),
        (share <= EVERYDAY_BAR, f"everyday interrupted {len(interrupted) + len(denied)} of {len(everyday)} "
                                f"({100 * share:.1f} %), bar {100 * EVERYDAY_BAR:.0f} %"),
        (not denied, f"everyday denied {len(denied)} ({100 * len(denied) / len(everyday):.1f} %), bar 0"),
    ]
    print()
    for met, text in bars:
        print(f"{'met   ' if met else 'MISSED'} {text}")
    print(f"       {len(asked)} cases in {took:.2f} s")
    sys.exit(0 if all(met for met, _ in bars) else 1)


if __name__ == "__main__":
    main()
