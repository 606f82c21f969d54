#!/usr/bin/env bash
# The figures of a whole history: benches/history.sh GATE INFLATE_BLOBS REPOSITORY [RUNS]
#
# GATE is a release build; INFLATE_BLOBS is `cargo build --release --example inflate_blobs`. A repository of the right
# size: benches/make_history.py FOLDER --files 33000 --commits 9000 | git -C REPO fast-import --quiet --done; then
# git -C REPO repack -adf --depth=50. Prints the best of RUNS (default 5) of each, and the ratios. Runs alternate, so that
# all meet the same machine. `first` begins with an empty cache, `repeat` has what it left; the others use none.
set -euo pipefail
gate=$1 inflate=$2 repo=$3 runs=${4:-5}
times=$(mktemp) cache=$(mktemp -d); trap 'rm -rf "$times" "$cache"' EXIT
export XDG_CACHE_HOME=$cache
run() { # GNU time writes to standard error, so commands get their own
    local name=$1; shift
    /usr/bin/time -o "$times" -a -f "$name %e %U %S %M" "$@" >/dev/null 2>&1 || true
}
for _ in $(seq "$runs"); do
    run cat-file git -C "$repo" cat-file --batch-all-objects --unordered --batch
    run gate "$gate" scan --history "$repo" --no-progress --exit-zero --no-cache
    run inflate "$inflate" "$repo"
    run whole "$gate" scan --history "$repo" --no-progress --exit-zero --no-cache --whole-blobs
    "$gate" cache clear >/dev/null
    run first "$gate" scan --history "$repo" --no-progress --exit-zero
    run repeat "$gate" scan --history "$repo" --no-progress --exit-zero
done
git -C "$repo" count-objects -v | grep -E "in-pack|size-pack"
awk '
    $1 ~ /^(cat-file|gate|inflate|whole|first|repeat)$/ {
        cpu = $3 + $4
        if (!($1 in wall) || $2 < wall[$1]) wall[$1] = $2
        if (!($1 in best) || cpu < best[$1]) best[$1] = cpu
        if ($5 > rss[$1]) rss[$1] = $5
    }
    END {
        for (name in wall) printf "%-9s wall %.2f s  cpu %.2f s  rss %d MB\n", name, wall[name], best[name], rss[name] / 1024
        printf "wall of gate over git cat-file: %.2f (bar 0.5, goal 0.2)\n", wall["gate"] / wall["cat-file"]
        printf "cpu of gate over inflating blobs: %.2f (bar 3, goal 2)\n", best["gate"] / best["inflate"]
        printf "peak memory of gate: %d MB (bar 500)\n", rss["gate"] / 1024
        printf "wall of a repeat over the first: %.3f (bar 0.1)\n", wall["repeat"] / wall["first"]
    }' "$times"
