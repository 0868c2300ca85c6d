#!/bin/sh
# Bad input: one clear line, a hint, the documented exit code, nothing half-written.
pitwall=${PITWALL:-./pitwall}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
bad=0
XDG_CONFIG_HOME=$tmp/config PITWALL_RESULTS=$tmp/results
export XDG_CONFIG_HOME PITWALL_RESULTS

# expect CODE PATTERN ARGUMENT...
expect() {
    code=$1 pattern=$2
    shift 2
    "$pitwall" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
    rc=$?
    if [ $rc != "$code" ]; then
        echo "pitwall $*: exit $rc, not $code"
        cat "$tmp/err"
        bad=1
    elif ! grep -qE "$pattern" "$tmp/err" "$tmp/out"; then
        echo "pitwall $*: does not say '$pattern' but:"
        cat "$tmp/err"
        bad=1
    fi
}

expect 2 "unknown option 'pases'" --pases 3
expect 2 "did you mean --passes" --pases 3
expect 2 "unknown command 'replya'" replya
expect 2 "did you mean 'pitwall replay'" replya
expect 2 "whole number" --passes 0
expect 2 "whole number" --passes two
expect 2 "needs a value" --passes
expect 2 "bad URL" -e 'x=ftp://127.0.0.1'
expect 2 "bad URL" -e 'x=http://127.0.0.1:99999'
expect 2 "credentials" -e 'x=http://me:secret@127.0.0.1:1'
expect 2 "unknown suite" -s agentik
expect 2 "suite 'cohab' is not in this version" -s cohab -e 'x=http://127.0.0.1:1'
expect 2 "unknown key 'modl'.*" -e 'x=http://127.0.0.1:1,modl=y'
expect 2 "two endpoints" -e 'x=http://127.0.0.1:1' -e 'x=http://127.0.0.1:2'
expect 2 "no endpoint 'x' in the config" -e x
expect 2 "no run" replay nothing-like-it
expect 2 "missing.json" --config "$tmp/missing.json" runs

printf '{\n  // comment\n  "endpoints": [ { "name": "a" "url": 1 } ]\n}\n' >"$tmp/bad.json"
expect 2 "bad.json:3:" --config "$tmp/bad.json" runs
printf '{ "endpoints": [ { "name": "a",\n "uri": "http://127.0.0.1:1" } ],\n "defaults": { "pases": 2 } }\n' >"$tmp/keys.json"
expect 2 "keys.json:2:.*uri" --config "$tmp/keys.json" runs
expect 2 "keys.json:3:.*did you mean --passes" --config "$tmp/keys.json" runs

printf '{ "bfcl": 1,\n  "swe-bench-verifed": 2 }' >"$tmp/weights.json"
expect 2 "weights.json:2:24: unknown part" report sample-runs/panel-2026-05.jsonl --weights "$tmp/weights.json"
expect 2 "did you mean swe-bench-verified" report sample-runs/panel-2026-05.jsonl --weights "$tmp/weights.json"

printf '{ "models": [ { "model": "x", "words": "x",\n "figures": [ { "part": "bfc" } ] } ] }' >"$tmp/published.json"
expect 2 "published.json:2:25: .part. names no benchmark: bfc" report sample-runs/panel-2026-05.jsonl --published "$tmp/published.json"
expect 2 "did you mean bfcl" report sample-runs/panel-2026-05.jsonl --published "$tmp/published.json"

printf 'not a log\n' >"$tmp/x.jsonl"
expect 2 "not a log" replay "$tmp/x.jsonl"
: >"$tmp/empty.jsonl"
expect 2 "not a log" replay "$tmp/empty.jsonl"
head -c 4096 /dev/zero >"$tmp/zero.jsonl"
expect 2 "not a log" report "$tmp/zero.jsonl"

: >"$tmp/file"
expect 4 "results" -e 'x=http://127.0.0.1:1' --results "$tmp/file/runs" --plain
expect 3 "no endpoint could be measured" -e 'x=http://127.0.0.1:1' --quick --plain

# without an engine the machine itself is checked, and what to add is said (a running engine: 1)
"$pitwall" solo -e 'x=http://127.0.0.1:1' --plain >"$tmp/out" 2>"$tmp/err" </dev/null
grep -q "thermal .*swap" "$tmp/out" || { echo "solo does not tell of the machine"; bad=1; }
if "$pitwall" probe >/dev/null 2>&1; then
    echo "an engine answers here: solo without endpoints is not looked at"
else
    "$pitwall" solo >"$tmp/out" 2>"$tmp/err" </dev/null
    rc=$?
    [ $rc = 1 ] || [ $rc = 3 ] || { echo "solo without an engine: exit $rc"; bad=1; }
    grep -q "Only the machine was looked at" "$tmp/out" || { echo "solo stops without an engine"; bad=1; }
    grep -q "NAME=http" "$tmp/err" || { echo "solo does not say what to add"; bad=1; }
fi

expect 0 "usage: pitwall" --help
expect 0 "usage: pitwall .COMMAND" help
expect 0 "usage: pitwall replay RUN" help replay
expect 0 "usage: pitwall replay RUN" replay --help
expect 0 "formats +table json" help report
expect 0 "suites +agentic burst" help run
expect 0 "themes +default" --help
expect 2 "did you mean 'pitwall replay'" help replya
expect 2 "'help' takes no 'runs'" help replay runs
"$pitwall" help replay >"$tmp/one" && "$pitwall" replay --help | cmp -s - "$tmp/one" ||
    { echo "help replay and replay --help differ"; bad=1; }
grep -q -- "--suite" "$tmp/one" && { echo "help replay has --suite"; bad=1; }
expect 0 "pitwall [0-9]" --version
"$pitwall" --default-config >"$tmp/default.json" && expect 0 "" --config "$tmp/default.json" runs
[ "$(ls -A "$tmp/file" 2>/dev/null)" = "$tmp/file" ] || { echo "something was half-written"; bad=1; }
exit $bad
