#!/bin/sh
# A live run beside a saved one, end to end: the saved run follows it phase by phase, the log gets
# the live run alone, and bad names are told before anything is measured.
pitwall=$(cd "$(dirname "${PITWALL:-./pitwall}")" && pwd)/$(basename "${PITWALL:-./pitwall}")
tmp=$(mktemp -d)
sim=
sock=pitwall-beside-$$
t() { tmux -L "$sock" -f /dev/null "$@"; }
trap '[ -n "$sim" ] && kill $sim 2>/dev/null; t kill-server 2>/dev/null; rm -rf "$tmp"' EXIT
export PITWALL_RESULTS="$tmp" XDG_CONFIG_HOME="$tmp"
bad=0
say() { echo "$1"; bad=1; }

engine() { # NAME PREFILL_TPS DECODE_TPS
    printf '{"engine":"openai","model":"tiny","prefill_tps":%s,"decode_tps":%s,"overhead_ms":60}\n' "$2" "$3" >"$tmp/$1.json"
}
engine old 8000 200
engine new 16000 400
: >"$tmp/urls"
"$pitwall" sim "$tmp/old.json" "$tmp/new.json" >"$tmp/urls" &
sim=$!
n=0
while [ "$(wc -l <"$tmp/urls")" -lt 2 ]; do
    n=$((n + 1))
    [ $n -gt 100 ] && { echo "the simulated engines did not start"; exit 1; }
    sleep 0.1
done
url() { sed -n "s/^$1=//p" "$tmp/urls"; }
bench() { # URL OPTIONS…: the endpoint is called `it` whichever engine stands behind it
    of=$1
    shift
    "$pitwall" run -e "it=$of" -s agentic --quick -n 2 --max-tokens 16 --pause 0 --plain "$@" </dev/null
}

bench "$(url old)" >"$tmp/first" 2>&1 || say "the first run failed: $(cat "$tmp/first")"
saved=$(ls "$tmp" | sed -n 's/\.jsonl$//p')
bench "$(url new)" --beside latest >"$tmp/out" 2>&1 || say "beside: exit $?"
live=$(ls "$tmp" | sed -n 's/\.jsonl$//p' | grep -vF "$saved")
[ "$(echo "$live" | wc -l)" = 1 ] || say "more than one log was written: $live"
for run in "$saved" "$live"; do
    for phase in cold prefix-test-3; do
        grep -qE "$run +it +agentic/$phase +pass 1" "$tmp/out" || say "no $phase of $run"
    done
done
grep -q "differences: pitwall compare $saved $live" "$tmp/out" || say "no hint how to compare"
# it waits: its second pass begins when the live one's does, not before the live first pass is over
awk -v live="$live" -v saved="$saved" '
    $2 == live && /cold-other +pass 1/ { over = 1 }
    $2 == saved && /agentic\/cold +pass 2/ && !over { early = 1 }
    END { exit early }' "$tmp/out" || say "the saved run went ahead"
# the log holds what was measured, once
[ "$(grep -c '"e":"call_end"' "$tmp/$live.jsonl")" = "$(grep -c '"e":"call_end"' "$tmp/$saved.jsonl")" ] ||
    say "the logs have not the same calls"
"$pitwall" compare "$saved" "$live" >"$tmp/compare" 2>&1 || say "compare failed: $(cat "$tmp/compare")"
# machine-readable output is the live run's alone
bench "$(url new)" --beside "$saved" --json 2>/dev/null | grep -c '"run"' >"$tmp/count"
[ "$(cat "$tmp/count")" -ge 1 ] || say "no report with --json"

before=$(ls "$tmp" | grep -c jsonl)
bench "$(url new)" --beside nobody >"$tmp/out" 2>&1
[ $? = 2 ] || say "a name that is not there: not exit 2"
grep -q nobody "$tmp/out" || say "it is not told which name"
"$pitwall" replay latest --beside "$saved" --plain >"$tmp/out" 2>&1
[ $? = 2 ] || say "replay --beside: not exit 2"
[ "$(ls "$tmp" | grep -c jsonl)" = "$before" ] || say "something was measured all the same"
[ $bad = 0 ] || exit 1

command -v tmux >/dev/null 2>&1 || exit 0
wait_for() { # PATTERN
    n=0
    while ! t capture-pane -p -t w | grep -qE "$1"; do
        n=$((n + 1))
        [ $n -gt 150 ] && { echo "the screen never showed '$1':"; t capture-pane -p -t w; exit 1; }
        sleep 0.1
    done
}
LC_ALL=C.UTF-8 t -u new-session -d -s w -x 100 -y 30 \
    "env PITWALL_RESULTS=$tmp XDG_CONFIG_HOME=$tmp PS1='ready> ' sh"
wait_for 'ready>'
t send-keys -t w "$pitwall run -e it=$(url new) --beside $saved --quick -n 2 --max-tokens 16 --pause 0" Enter
wait_for '2 runs'
wait_for '● run .* live'
wait_for 'against ◆'
wait_for '◆ it'
wait_for 'complete'
wait_for '≈'
t send-keys -t w s # once more: both begin anew
wait_for 'running [0-9]+/'
wait_for 'complete'
t send-keys -t w q
wait_for 'differences: pitwall compare'
