#!/bin/sh
# The board of a live run and the board of its replay are the same; so is the log written again.
pitwall=${PITWALL:-./pitwall}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export PITWALL_RESULTS=$tmp XDG_CONFIG_HOME=$tmp
bad=0
"$pitwall" demo --plain --json --seed 7 --max-tokens 24 >"$tmp/live.json" 2>"$tmp/err" </dev/null
rc=$?
[ $rc = 0 ] || { echo "demo: exit $rc"; cat "$tmp/err"; exit 1; }
# plain lines come first, the report is the last object
sed -n '/^{/,$p' "$tmp/live.json" >"$tmp/live.board"
"$pitwall" report latest --format json >"$tmp/replay.board" || bad=1
[ -s "$tmp/live.board" ] || { echo "no report of the live run"; bad=1; }
cmp "$tmp/live.board" "$tmp/replay.board" || { echo "live and replayed boards differ"; bad=1; }
exit $bad
