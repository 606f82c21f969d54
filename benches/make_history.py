#!/usr/bin/env python3
"""Writes a git fast-import stream: a large, lifelike history made of a folder of sources.

    benches/make_history.py FOLDER [--files N] [--commits N] | git -C REPO fast-import

The first commit holds the files. Each later one changes some of them a little, some files often and most seldom, as in
real projects: lines are replaced, added (taken from other files), moved and removed. The same folder and numbers give
the same stream.
"""
import argparse
import os
import random
import sys


def sources(folder, most):
    found = []
    for top, folders, names in os.walk(folder):
        folders.sort()
        if ".git" in folders:
            folders.remove(".git")
        for name in sorted(names):
            path = os.path.join(top, name)
            if os.path.isfile(path) and not os.path.islink(path) and 0 < os.path.getsize(path) < 200_000:
                found.append(path)
    random.Random(1).shuffle(found)
    return sorted(found[:most])


def edit(lines, donor, rng):
    for _ in range(1 + min(int(rng.expovariate(0.7)), 6)):
        at = rng.randrange(len(lines) + 1)
        count = 1 + min(int(rng.expovariate(0.4)), 30)
        start = rng.randrange(max(1, len(donor)))
        new = donor[start:start + count]
        kind = rng.random()
        if kind < 0.45:
            lines[at:at + len(new)] = new
        elif kind < 0.75:
            lines[at:at] = new
        elif kind < 0.9:
            del lines[at:at + count]
        else:
            piece = lines[at:at + count]
            del lines[at:at + count]
            to = rng.randrange(len(lines) + 1)
            lines[to:to] = piece
    return lines


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--files", type=int, default=25_000)
    parser.add_argument("--commits", type=int, default=5_000)
    arguments = parser.parse_args()
    rng = random.Random(2)
    out = sys.stdout.buffer
    paths = sources(arguments.folder, arguments.files)
    names = [os.path.relpath(path, arguments.folder).encode() for path in paths]
    texts = [open(path, "rb").read() for path in paths]
    # what changes comes in neighbourhoods
    weight = list(range(len(paths)))
    rng.shuffle(weight)

    def commit(number, files, parent):
        message = b"commit %d\n" % number
        out.write(b"commit refs/heads/main\nmark :%d\n" % (number + 1))
        out.write(b"committer A <a@b.example> %d +0000\n" % (1_500_000_000 + number * 3600))
        out.write(b"data %d\n%s\n" % (len(message), message))
        if parent:
            out.write(b"from :%d\n" % number)
        for at in files:
            name = b'"' + names[at].replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
            out.write(b"M 100644 inline %s\ndata %d\n%s\n" % (name, len(texts[at]), texts[at]))

    commit(0, range(len(paths)), False)
    for number in range(1, arguments.commits):
        centre = weight[min(int(rng.paretovariate(0.6)), len(weight)) - 1]
        touched = set()
        for _ in range(1 + min(int(rng.expovariate(0.12)), 60)):
            near = centre + int(rng.gauss(0, 40))
            touched.add(max(0, min(len(paths) - 1, near)))
        for at in sorted(touched):
            donor = texts[max(0, min(len(paths) - 1, at + rng.randrange(-20, 21)))]
            texts[at] = b"".join(edit(texts[at].splitlines(True), donor.splitlines(True), rng))
        commit(number, sorted(touched), True)
    out.write(b"done\n")


main()
