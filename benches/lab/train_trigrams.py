#!/usr/bin/env python3
"""Makes rules/trigrams.bin: how much more a letter follows two others in words than in random text.

    train_trigrams.py OUTPUT DIRECTORY...

Words of 3 letters and more, each counted by the number of files that hold it (so that one generated file does not
outvote the others), from a sample of the text files below the directories. The table has 27 x 27 x 27 signed bytes
in the order of the two letters before (0 stands for the start of the word, 1-26 for a-z) and the letter itself:
8 * log2(P(letter | two before) * 26), cut to a byte. Row entries for "letter 0" hold the score of a word's end.
"""
import collections, math, os, random, re, sys

output, *directories = sys.argv[1:]
paths = []
for directory in directories:
    for folder, _, names in os.walk(directory):
        paths += [os.path.join(folder, name) for name in names]
paths.sort()
random.Random(1).shuffle(paths)
files_with = collections.Counter()
for path in paths[:40000]:
    data = open(path, "rb").read(1 << 16)
    if b"\0" in data:
        continue
    # camelCase and snake_case come apart into words; long runs are data, not words
    words = re.findall(rb"[A-Z]?[a-z]{2,19}(?![a-z])|(?<![A-Za-z])[A-Z]{3,20}(?![A-Za-z])", data)
    files_with.update({word.lower() for word in words})
counts = [[[0.02] * 27 for _ in range(27)] for _ in range(27)]
for word, files in files_with.items():
    if files < 4:
        continue
    weight = math.sqrt(files)
    before, last = 0, 0
    for letter in [byte - 96 for byte in word] + [0]:
        counts[before][last][letter] += weight
        before, last = last, letter
table = bytearray()
for before in range(27):
    for last in range(27):
        row = counts[before][last]
        total = sum(row)
        # rare contexts fall back to the pair
        pair = [sum(counts[b][last][letter] for b in range(27)) for letter in range(27)]
        pair_total = sum(pair)
        for letter in range(27):
            share = (row[letter] + 20 * pair[letter] / pair_total) / (total + 20)
            score = round(8 * math.log2(max(share, 1e-5) * 27))
            table.append(max(-127, min(127, score)) & 255)
open(output, "wb").write(table)
print(len(files_with), "words,", len(table), "bytes")
