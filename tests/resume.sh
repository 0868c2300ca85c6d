#!/bin/sh
# A run that is killed, taken up again, killed again and finished: nothing is measured twice, and all
# its logs are one run.
pitwall=${PITWALL:-./pitwall}
tmp=$(mktemp -d)
export PITWALL_RESULTS="$tmp/runs" XDG_CONFIG_HOME="$tmp"
pid='' sim=''
trap 'kill -9 $pid $sim 2>/dev/null; rm -rf "$tmp"' EXIT
die() {
    echo "$*"
    cat "$tmp"/err* 2>/dev/null
    exit 1
}
newest() { ls "$PITWALL_RESULTS"/*.jsonl | tail -n 1; }

# until_log PATTERN N: until the newest log has that many such lines
until_log() {
    n=0
    until [ "$(grep -c "$1" "$(newest)" 2>/dev/null)" -ge "$2" ]; do
        n=$((n + 1))
        [ $n -gt 600 ] && die "the log never had $2 of $1"
        sleep 0.05
    done
}

"$pitwall" sim test-plain test-batched >"$tmp/sim" 2>/dev/null &
sim=$!
n=0
until [ "$(grep -c = "$tmp/sim" 2>/dev/null)" = 2 ]; do
    n=$((n + 1))
    [ $n -gt 200 ] && die "no simulated engines"
    sleep 0.05
done
a=$(sed -n '1s/^[^=]*=//p' "$tmp/sim") b=$(sed -n '2s/^[^=]*=//p' "$tmp/sim")

"$pitwall" run -e "a=$a,lane=one" -e "b=$b,lane=two" -s agentic,burst --burst 4 --quick \
    --passes 2 --pause 0.05 --max-tokens 16 --seed 7 --plain >"$tmp/out1" 2>"$tmp/err1" </dev/null &
pid=$!
sleep 0.3
until_log '"phase_end","ep":0,"suite":"burst","phase":"burst-4","pass":0' 1
until_log '"phase_start","ep":0,"suite":"agentic","phase":"warm","pass":1' 1
"$pitwall" runs | grep -q ' running ' || die "not listed as running"
"$pitwall" run --resume latest 2>&1 </dev/null | grep -q 'is running' || die "a running run was resumed"
"$pitwall" rm --yes latest 2>&1 | grep -q 'in progress' || die "a running run was removed"
kill -9 $pid
wait $pid 2>/dev/null
first=$(newest)
"$pitwall" runs | grep -q ' interrupted ' || die "not listed as interrupted"
"$pitwall" runs --json | grep -q '"state":"interrupted"' || die "not interrupted in JSON"
"$pitwall" run --resume latest --passes 5 2>&1 | grep -q 'passes is fixed' || die "other passes taken"

# killed again at once, with a torn line at the end of its log
sleep 1.1 # the names of runs are of a second
"$pitwall" run --resume latest --plain >"$tmp/out2" 2>"$tmp/err2" </dev/null &
pid=$!
n=0
until [ "$(newest)" != "$first" ]; do
    n=$((n + 1))
    [ $n -gt 200 ] && die "no second log"
    sleep 0.05
done
until_log '"phase_start"' 2
kill -9 $pid
wait $pid 2>/dev/null
pid=''
second=$(newest)
printf '{"t":99,"e":"phase_st' >>"$second"
sleep 1.1

"$pitwall" run --resume latest --plain --json >"$tmp/live" 2>"$tmp/err3" </dev/null
rc=$?
[ $rc = 0 ] || die "resumed run: exit $rc"
third=$(newest)
"$pitwall" report latest --format json >"$tmp/saved" || die "no report"
cmp "$tmp/live" "$tmp/saved" || die "the live board and that of the saved run differ"

# every cell is whole: two passes each, none skipped
grep -q '"status":"complete"' "$tmp/saved" || die "not complete"
phases=$(tr '{' '\n' <"$tmp/saved" | grep '"state":"' | grep -c '"phase":')
done=$(tr '{' '\n' <"$tmp/saved" | grep '"phase":' | grep -c '"state":"done","reason":null,"passes":2,')
[ "$phases" = 18 ] && [ "$done" = 18 ] || die "$done of $phases cells have two passes, not 18 of 18"

# nothing twice: what had ended before is in no later log
grep -q '"phase_start","ep":0,"suite":"agentic","phase":"[a-z0-9-]*","pass":0' "$second" "$third" &&
    die "a finished pass was measured again"
grep -q '"phase_start","ep":0,"suite":"agentic","phase":"cold","pass":1' "$second" "$third" ||
    die "the spoiled pass was not measured again"
ids=$(cat "$first" "$second" "$third" | sed -n 's/.*"e":"call_start","id":\([0-9]*\),.*/\1/p')
[ -n "$ids" ] && [ -z "$(echo "$ids" | sort | uniq -d)" ] || die "two calls of one id"

# both parts are told of, whoever looks
one=$(basename "$first" .jsonl) two=$(basename "$second" .jsonl) three=$(basename "$third" .jsonl)
"$pitwall" report latest >"$tmp/table" && grep -q "$one" "$tmp/table" && grep -q "$two" "$tmp/table" ||
    die "the report does not name the parts"
"$pitwall" runs | grep "$one" | grep -q "resumed by $two" || die "the first does not point on"
"$pitwall" runs --json | grep -q "\"resumes\":\"$two\",\"resumed_by\":null" || die "no link in JSON"
"$pitwall" compare latest latest >/dev/null || die "not comparable with itself"
"$pitwall" replay latest --dump text --size 120x40 >"$tmp/frame" || die "no frame"
grep -q complete "$tmp/frame" || die "the frame is not that of the whole"

refused() { # CODE PATTERN ARGUMENT...
    code=$1 pattern=$2
    shift 2
    "$pitwall" "$@" >"$tmp/err4" 2>&1 </dev/null
    rc=$?
    [ $rc = "$code" ] && grep -q "$pattern" "$tmp/err4" || die "pitwall $*: exit $rc, not '$pattern'"
}
refused 2 'nothing is missing' run --resume latest
refused 2 "was resumed already, by $two" run --resume "$one"
refused 4 "$two goes on with it" rm --yes "$one"
[ -f "$first" ] || die "an older part was removed"
mv "$first" "$tmp/kept"
refused 2 "put $one.jsonl back" report latest
mv "$tmp/kept" "$first"
refused 4 "$three goes on with it" rm --yes "$one" "$two"
[ -e "$PITWALL_RESULTS/$one.jsonl" ] || die "the oldest log is gone, and two runs need it"
"$pitwall" rm --yes "$one" "$two" "$three" >/dev/null || die "all three can't be removed at once"
[ -z "$(ls "$PITWALL_RESULTS")" ] || die "something is left"
exit 0
