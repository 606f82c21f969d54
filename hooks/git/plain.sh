#!/bin/sh
# portcullis hook 1: made by `gate hook install git`, taken out by `gate hook uninstall git`.
# The hook that was here before, if any, stands beside this one, and runs first: it may change what is looked at.
before="$0.before-gate"
if [ -x "$before" ]; then
    "$before" "$@" || exit
fi
gate=@GATE@
[ -x "$gate" ] || gate=gate
if ! command -v "$gate" >/dev/null 2>&1; then
    echo "gate: blocked, as gate is not found to look for credentials." >&2
    echo "gate: install it again (cargo install --path … of portcullis), or take this hook out: rm '$0'" >&2
    exit 1
fi
exec "$gate" hook run git @HOOK@ "$@"
