"""Measures `gate scan` and prints a table; started by figures.sh, which builds what is measured.

Times are medians of runs that alternate between the two sides of a ratio, so that a busy minute hits both. CPU time
is user and system time of the process as the kernel counts it (wait4).
"""
import argparse, datetime, json, os, platform, random, shutil, statistics, subprocess, sys, tempfile, time

MB = 1_000_000
# Rules of every kind: prefixes with and without checksum, values under a keyword, detectors.
TEN_RULES = [
    "github-pat-classic", "gitlab-pat", "npm-access-token", "slack-bot-token", "stripe-secret-key-live",
    "google-api-key", "sendgrid-api-key", "aws-access-key-id", "openai-project-key", "anthropic-api-key",
]


class Run:
    """What one process took, in seconds and bytes."""

    def __init__(self, command, keep=False):
        out = tempfile.TemporaryFile() if keep else open(os.devnull, "wb")
        # /dev/null is a file like others to gate; what goes wrong shall still be seen
        actions = [(os.POSIX_SPAWN_DUP2, out.fileno(), 1)]
        started = time.perf_counter()
        pid = os.posix_spawnp(command[0], command, os.environ, file_actions=actions)
        _, status, usage = os.wait4(pid, 0)
        self.wall = time.perf_counter() - started
        self.cpu = usage.ru_utime + usage.ru_stime
        self.rss = usage.ru_maxrss * 1024
        self.status = os.waitstatus_to_exitcode(status)
        self.out = b""
        if keep:
            out.seek(0)
            self.out = out.read()
        out.close()


def alternate(runs, *commands):
    """Medians (cpu, wall) of each command, run in turn; the first round warms the caches and does not count."""
    taken = [[] for _ in commands]
    for round in range(runs + 1):
        for command, runs_of in zip(commands, taken):
            run = Run(command)
            if round:
                runs_of.append(run)
            elif run.status not in (0, 1):
                note(f"{' '.join(command[:2])} … ended with status {run.status}")
    return [
        (statistics.median(run.cpu for run in runs_of), statistics.median(run.wall for run in runs_of))
        for runs_of in taken
    ]


def peak(command):
    """Peak memory in bytes. A child starts with its parent's peak, so a small parent runs it where there is one."""
    if shutil.which("time"):
        with tempfile.NamedTemporaryFile("r") as report:
            subprocess.run(
                ["/usr/bin/env", "time", "-f", "%M", "-o", report.name, *command],
                stdout=subprocess.DEVNULL, check=False,
            )
            return int(report.read().split()[-1]) * 1024
    return Run(command).rss


ROWS, NOTES = [], []


def row(what, measured, bar):
    ROWS.append((what, measured, bar))
    print(f"  {what}: {measured}", file=sys.stderr, flush=True)


def note(text):
    if text not in NOTES:
        NOTES.append(text)


def tree(o, scan):
    """The tree against the floor, against rg, and its memory."""
    floor = [o.floor, o.corpus, str(o.threads)]
    (base, base_wall), (cpu, wall) = alternate(o.runs, floor, scan(o.corpus))
    row("tree: CPU over walking and reading", f"{cpu / base:.2f}x  ({cpu:.2f} s over {base:.2f} s)", "2.0x, goal 1.4x")
    row("tree: wall over walking and reading", f"{wall / base_wall:.2f}x  ({wall:.2f} s over {base_wall:.2f} s)", "")
    row("tree: peak memory", f"{peak(scan(o.corpus)) / MB:.0f} MB", "100 MB")


def search(o, scan):
    """The tree against a search for a literal that is not there."""
    if not shutil.which("rg"):
        note("rg is not installed, so one row is missing: `apt-get install ripgrep` or `cargo install ripgrep`")
        return
    # put together here, so that it is absent from any tree that holds this file too
    absent = "".join(["zqxj", "kvwb", "ghty", "plmf"])
    searching = ["rg", "-uuu", "-c", "-j", str(o.threads), absent, o.corpus]
    (_, base), (_, wall) = alternate(o.runs, searching, scan(o.corpus))
    row("tree: wall over rg -uuu -c", f"{wall / base:.2f}x  ({wall:.2f} s over {base:.2f} s)", "1.5x")


def start(o, scan):
    """Small inputs, whole process, over `gate --version`."""
    two = os.path.join(o.scratch, "two.py")
    with open(two, "w") as file:
        file.write("import os\nprint(os.name)\n")
    source = os.path.join(o.scratch, "lines.py")
    with open(source, "wb") as file:
        file.write(source_file(o, 300))
    version = [o.gate, "--version"]
    starts = lambda command: alternate(o.starts, version, command)
    (_, base), (_, wall) = starts(scan(two))
    row("cold start: 2 lines over --version", f"{(wall - base) * 1000:+.1f} ms  ({wall * 1000:.1f} over {base * 1000:.1f} ms)", "+8 ms, goal +3 ms")
    row("cold start: peak memory", f"{peak(scan(two)) / MB:.1f} MB", "30 MB")
    (_, base), (_, wall) = starts(scan(source))
    found = json.loads(Run(scan(source) + ["--format", "json"], keep=True).out)["summary"]["total"]
    row("cold start: 300 lines, ten rules, over --version", f"{(wall - base) * 1000:+.1f} ms  ({found} findings)", "+15 ms")


def source_file(o, lines):
    """Code with one value of each of ten rules in it."""
    chance = random.Random(1)
    text = [code_line(chance).encode() for _ in range(lines)]
    for index, rule in enumerate(TEN_RULES):
        run = subprocess.run([o.shapes, rule, "1"], capture_output=True, check=False)
        if run.returncode:
            note(f"no value of {rule}: {run.stderr.decode(errors='replace').strip()}")
            continue
        at = (index + 1) * lines // (len(TEN_RULES) + 1)
        text[at] = b'    client = connect("' + run.stdout.strip() + b'")'
    return b"\n".join(text) + b"\n"


WORDS = "user order total index buffer parse request handler result state node value count apply filter width".split()


def code_line(chance):
    """A line as code has them: names, calls, numbers."""
    a, b, c = (chance.choice(WORDS) for _ in range(3))
    return chance.choice([
        f"    {a}_{b} = {c}.get_{a}({b}, {chance.randrange(4096)})",
        f"    if {a}.{b}_{c} > {chance.randrange(100)}:",
        f"def {a}_{b}({c}, {a}={chance.randrange(10)}):",
        f'        log.debug("{a} {b}: %s", {c})',
        f"    # {a} the {b} before the {c}",
        "",
    ])


def source_text(root, size):
    """`size` bytes of the C sources below `root`."""
    text = bytearray()
    for folder, folders, names in os.walk(root):
        folders.sort()
        for name in sorted(names):
            if name.endswith((".c", ".h")) and len(text) < size:
                with open(os.path.join(folder, name), "rb") as file:
                    text += file.read()
        if len(text) >= size:
            break
    if len(text) < size:
        note(f"CORPUS holds only {len(text) / MB:.0f} MB of C sources; they are repeated")
        text = text * (size // max(len(text), 1) + 1)
    return bytes(text[:size])


def growth(o, scan):
    """Twice the bytes; everything on one line; a file larger than memory should be needed for."""
    text = source_text(o.corpus, 200 * MB)
    folders = []
    for size in (100, 200):
        folder = os.path.join(o.scratch, f"source-{size}")
        os.mkdir(folder)
        folders.append(folder)
        for part in range(size):
            with open(os.path.join(folder, f"{part:03}.c"), "wb") as file:
                file.write(text[part * MB:(part + 1) * MB])
    # the second half is other code than the first, so the whole is measured against both
    other = os.path.join(o.scratch, "source-other")
    os.mkdir(other)
    for part in range(100, 200):
        os.link(os.path.join(folders[1], f"{part:03}.c"), os.path.join(other, f"{part:03}.c"))
    (one, _), (rest, _), (both, _) = alternate(o.runs, scan(folders[0]), scan(other), scan(folders[1]))
    row("growth: CPU of 200 MB over its two halves' sum", f"{both / (one + rest):.2f}x  ({both:.2f} s over {one:.2f} + {rest:.2f} s)", "1.00x ± 15 %")
    text = text[:100 * MB]
    files = {"lines": text, "line": text.replace(b"\n", b" ")}
    for name, content in files.items():
        with open(os.path.join(o.scratch, f"{name}.c"), "wb") as file:
            file.write(content)
    paths = [os.path.join(o.scratch, f"{name}.c") for name in files]
    (lines, _), (line, _) = alternate(o.runs, *map(scan, paths))
    row("one line of 100 MB: CPU over the same in lines", f"{line / lines:.2f}x  ({line:.2f} s over {lines:.2f} s)", "1.0x")
    row("one line of 100 MB: peak memory", f"{peak(scan(paths[1])) / MB:.0f} MB", "")
    huge = os.path.join(o.scratch, "huge.c")
    with open(huge, "wb") as file:
        for _ in range(40):
            file.write(text)
    row("one file of 4 GB of source: peak memory", f"{peak(scan(huge)) / MB:.0f} MB", "100 MB")
    os.remove(huge)


def sparse(o, scan):
    """A 4 GB file without content, for machines without the space."""
    path = os.path.join(o.scratch, "sparse.bin")
    with open(path, "wb") as file:
        file.truncate(4000 * MB)
    row("one sparse file of 4 GB: peak memory", f"{peak(scan(path)) / MB:.0f} MB", "100 MB")


def noise(o, scan):
    """Findings in published packages; which of them are false is for people to say."""
    run = Run(scan(o.deps) + ["--format", "json"], keep=True)
    report = json.loads(run.out)
    size, found = report["coverage"]["bytes"] / MB, len(report["findings"])
    per = f", one per {size / found:.1f} MB" if found else ""
    row("noise: findings in DEPS, true ones among them", f"{found} in {size:.0f} MB{per}", "false: 1 per 20 MB")
    rules = {}
    for finding in report["findings"]:
        rules[finding["rule_id"]] = rules.get(finding["rule_id"], 0) + 1
    for rule, count in sorted(rules.items(), key=lambda item: -item[1])[:10]:
        row(f"  {rule}", str(count), "")


PARTS = {"start": start, "tree": tree, "search": search, "growth": growth, "sparse": sparse, "noise": noise}
NEEDS = {"tree": "corpus", "search": "corpus", "growth": "corpus", "noise": "deps"}


def header(o):
    """Where and what was measured: figures without it say nothing."""
    def said(*command):
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        return run.stdout.strip()
    cpu = ""
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo") as file:
            cpu = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), "")
    dirty = " with local changes" if said("git", "status", "--porcelain", "--untracked-files=no") else ""
    return [
        f"date     {datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M} UTC",
        f"machine  {cpu or platform.machine()}, {os.cpu_count()} processors, {platform.system()} {platform.release()}",
        f"commit   {said('git', 'rev-parse', '--short', 'HEAD')}{dirty}, {said('rustc', '--version')}",
        f"runs     {o.runs} of each, {o.starts} of each for cold starts, {o.threads} threads",
        f"load     {os.getloadavg()[0]:.1f} at the start (a machine at rest has less than 0.5)",
    ]


def main():
    arguments = argparse.ArgumentParser(prog="figures.sh")
    arguments.add_argument("release", help=argparse.SUPPRESS)
    arguments.add_argument("--record", action="store_true", help="write the table to benches/runs/ as well")
    arguments.add_argument("--runs", type=int, default=7, metavar="N", help="runs of each side of a ratio")
    arguments.add_argument("--starts", type=int, default=200, metavar="N", help="runs of each side of a cold start")
    arguments.add_argument("--threads", type=int, default=2, metavar="N", help="threads of scans")
    arguments.add_argument("--only", default="", metavar="NAME,…", help="some of: " + ", ".join(PARTS))
    o = arguments.parse_args()
    o.gate, o.floor, o.shapes = (
        os.path.abspath(os.path.join(o.release, name)) for name in ("gate", "examples/floor", "examples/shapes")
    )
    o.corpus, o.deps = os.environ.get("CORPUS"), os.environ.get("DEPS")
    parts = [part for part in o.only.split(",") if part] or list(PARTS)
    unknown = [part for part in parts if part not in PARTS]
    if unknown:
        arguments.error(f"--only: no figure is named {', '.join(unknown)}; known: {', '.join(PARTS)}")
    # a settings file of whoever measures must not change what is measured
    os.environ["XDG_CONFIG_HOME"] = os.path.join(tempfile.gettempdir(), "no-such-folder")

    def scan(path):
        return [o.gate, "scan", "--no-ignore", "--no-progress", "--threads", str(o.threads), path]

    lines = header(o)
    with tempfile.TemporaryDirectory(prefix="gate-figures-") as o.scratch:
        for part in parts:
            need = NEEDS.get(part)
            if need and not getattr(o, need):
                note(f"{part}: set {need.upper()} to a folder to measure it")
                continue
            PARTS[part](o, scan)
    widths = [max(len(cells[i]) for cells in ROWS + [("what", "measured", "bar")]) for i in range(2)]
    lines.append("")
    for what, measured, bar in [("what", "measured", "bar")] + ROWS:
        lines.append(f"{what:{widths[0]}}  {measured:{widths[1]}}  {bar}".rstrip())
    lines += [""] + [f"note: {text}" for text in NOTES] if NOTES else []
    text = "\n".join(lines) + "\n"
    print(text, end="")
    if o.record:
        machine = os.environ.get("MACHINE", f"{platform.machine()}-{os.cpu_count()}cpu")
        folder = os.path.join("benches", "runs", f"{datetime.date.today()}-{machine}")
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "figures.txt"), "w") as file:
            file.write(text)
        print(f"recorded in {folder}", file=sys.stderr)


main()
