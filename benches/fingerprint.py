"""Measures what stored credentials cost `gate scan` and `gate check`, and plants them to count what is found; started by
fingerprint.sh.

Times are medians of runs that alternate between the sides of a ratio. CPU time is user and system time of the process as
the kernel counts it (wait4).
"""
import argparse, base64, json, os, random, statistics, string, subprocess, tempfile, time, urllib.parse

TEXT = string.ascii_letters + string.digits
ANY = TEXT + string.punctuation


class Home:
    """A home folder whose only store holds `values`, synchronized."""

    def __init__(self, gate, folder, values):
        self.gate = os.path.abspath(gate)
        self.environment = {"HOME": folder, "PATH": os.environ["PATH"]}
        self.work = os.path.join(folder, "work")
        os.makedirs(self.work)
        if values:
            store = os.path.join(folder, ".config/io.datasette.llm")
            os.makedirs(store)
            with open(os.path.join(store, "keys.json"), "w") as file:
                json.dump({f"key-{i}": value for i, value in enumerate(values)}, file)
            os.chmod(file.name, 0o600)
            done = self.run("fingerprint", "sync", "--format", "json")
            assert done.returncode == 0, done.stderr
            assert json.loads(done.stdout)["new"] >= len(values), "not all were taken"

    def run(self, *arguments, **options):
        return subprocess.run(
            [self.gate, *arguments], env=self.environment, cwd=self.work, capture_output=True, text=True, **options
        )

    def cpu(self, *arguments):
        """CPU and wall seconds of one process."""
        out = os.open(os.devnull, os.O_WRONLY)
        started = time.perf_counter()
        pid = os.posix_spawn(
            self.gate, [self.gate, *arguments], self.environment,
            file_actions=[(os.POSIX_SPAWN_DUP2, out, 1), (os.POSIX_SPAWN_DUP2, out, 2)],
        )
        _, _, usage = os.wait4(pid, 0)
        os.close(out)
        return usage.ru_utime + usage.ru_stime, time.perf_counter() - started


def alternate(runs, homes, arguments):
    taken = [[] for _ in homes]
    for round in range(runs + 1):
        for home, times in zip(homes, taken):
            measured = home.cpu(*arguments)
            if round:
                times.append(measured)
    return [tuple(statistics.median(column) for column in zip(*times)) for times in taken]


def credentials(count, seed, alphabet=TEXT):
    """Lengths from 12 to 4,000, each order of magnitude as likely as the next."""
    draw = random.Random(seed)
    lengths = [round(12 * (4000 / 12) ** draw.random()) for _ in range(count)]
    return ["".join(draw.choices(alphabet, k=length)) for length in lengths]


def forms(value):
    """The value in each encoding, as other programs write it."""
    raw = value.encode()
    yield "plain", value
    yield "base64", base64.b64encode(raw).decode()
    yield "base64, 1 before", base64.b64encode(b":" + raw).decode()
    yield "base64, 2 before", base64.b64encode(b"u:" + raw).decode()
    yield "base64url", base64.urlsafe_b64encode(raw).decode().rstrip("=")
    yield "hex", raw.hex()
    yield "HEX", raw.hex().upper()
    yield "hEx", "".join(c.upper() if i % 3 else c for i, c in enumerate(raw.hex()))
    # of a whole file, in lines
    file = b"settings: some words before the value\n" + raw + b"\nand after it, enough to fill the rest of a line or two\n"
    yield "base64 of a file, lines of 76", base64.encodebytes(file).decode()
    yield "utf-16le", value.encode("utf-16-le")
    yield "utf-16be", value.encode("utf-16-be")
    yield "percent", urllib.parse.quote(value, safe="")
    yield "JSON", json.dumps(value)[1:-1]
    yield "shell", subprocess.list2cmdline([]) + "'" + value.replace("'", "'\\''") + "'"


def planted(home, values, corpus, seed):
    """Plants each value in each form at a random place of a real file; the forms in which some were not found."""
    draw = random.Random(seed)
    files = []
    for folder, _, names in os.walk(corpus):
        files += [os.path.join(folder, name) for name in names if name.endswith((".c", ".h", ".rst", ".py", ".js"))]
        if len(files) > 3000:
            break
    files.sort()
    expected = {}
    for i, value in enumerate(values):
        for j, (form, text) in enumerate(forms(value)):
            with open(draw.choice(files), "rb") as file:
                around = file.read(20_000)
            at = draw.randrange(len(around) + 1)
            # base64 and hexadecimal run on in their own characters, so they stand apart as they do in files
            apart = b" " if form != "plain" else b""
            text = text if isinstance(text, bytes) else text.encode()
            name = f"{i}-{j}.txt"
            with open(os.path.join(home.work, name), "wb") as file:
                file.write(around[:at] + apart + text + apart + around[at:])
            expected[name] = form
    report = json.loads(home.run("scan", "--format", "json", ".").stdout)
    found = {finding["path"] for finding in report["findings"] if finding.get("stored")}
    missed = [form for name, form in expected.items() if name not in found]
    return len(expected), missed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("gate")
    parser.add_argument("corpus")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = lambda name, values: Home(options.gate, os.path.join(folder, name), values)
        none, thousand, many = home("0", []), home("1000", credentials(1_000, 1)), home("10000", credentials(10_000, 2))
        scan = ["scan", "--no-progress", "--format", "jsonl", options.corpus]
        (base, _), (first, _), (second, _) = alternate(options.runs, [none, thousand, many], scan)
        print(f"tree, CPU with 1,000 over none    {first / base:.3f}x  ({first:.2f} s over {base:.2f} s)   bar 1.15x")
        print(f"tree, CPU with 10,000 over none   {second / base:.3f}x  ({second:.2f} s over {base:.2f} s)   bar 1.25x")
        hits = 0
        for line in many.run(*scan).stdout.splitlines():
            hits += '"rule_id":"stored-credential"' in line
        print(f"false hits of 10,000 in the tree  {hits}   bar 0")
        for command in ["git status", "git commit -m 'a message of some words' && git push origin main"]:
            (base, _), (first, _), (second, _) = alternate(300, [none, thousand, many], ["check", command])
            print(f"check {command[:10]!r}, CPU with 1,000 over none   {(first - base) * 1e3:+.2f} ms ({first * 1e3:.2f} over {base * 1e3:.2f})   bar +0.5 ms")
            print(f"check {command[:10]!r}, CPU with 10,000 over none  {(second - base) * 1e3:+.2f} ms")
        for name, number, alphabet in [("letters and digits", 1_000, TEXT), ("printable", 300, ANY)]:
            values = credentials(number, 3, alphabet)
            taking = home(f"planted {name}", [])
            for i, value in enumerate(values):
                done = taking.run("fingerprint", "add", f"entry {i}", input=value)
                assert done.returncode == 0, done.stderr
            count, missed = planted(taking, values, options.corpus, 4)
            print(f"planted, {name}: found {count - len(missed)} of {count}   bar all  {sorted(set(missed))}")
        stores = home("30", credentials(5, 5))
        for i in range(30):
            path = os.path.join(folder, "30", f".aws/sso/cache/{i}.json")
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as file:
                json.dump({"accessToken": credentials(1, 100 + i)[0], "clientSecret": credentials(1, 200 + i)[0]}, file)
        wall = statistics.median(stores.cpu("fingerprint", "sync")[1] for _ in range(5))
        print(f"sync of a home with 31 stores     {wall * 1e3:.0f} ms   bar 200 ms")


main()
