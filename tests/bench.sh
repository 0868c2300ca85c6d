#!/bin/sh
# make bench: what pitwall itself costs and errs, beside what it should. Rounds are repeated and
# interleaved and the median is taken: on a busy machine read CPU and ratios, not wall times.
# usage: bench.sh BENCH_PROGRAM…   (QUICK=1: fewer rounds)
set -u
pitwall=${PITWALL:-./pitwall}
for program in "$@"; do
    case $program in
    */bench_net) net=$program ;;
    */bench_bare) bare=$program ;;
    */bench_fold) fold=$program ;;
    */bench_draw) draw=$program ;;
    */bench_seek) seek=$program ;;
    */bench_tty) tty=$program ;;
    */bench_sampler) sampler=$program ;;
    esac
done
rounds=5
[ -n "${QUICK:-}" ] && rounds=3
tmp=$(mktemp -d)
export PITWALL_RESULTS="$tmp" XDG_CONFIG_HOME="$tmp" LC_ALL=C.UTF-8
sim=
trap '[ -n "$sim" ] && kill $sim 2>/dev/null; rm -rf "$tmp"' EXIT
missed=0

# say WHAT MEASURED TARGET UNIT [more]: lower is better; MEASURED may be "-"
say() {
    verdict=$(awk -v m="$2" -v t="$3" 'BEGIN { print (m == "-" || m + 0 < -0.5) ? "not measured here" : (m + 0 <= t + 0) ? "ok" : "MISSED" }')
    [ "$verdict" = MISSED ] && missed=$((missed + 1))
    printf '%-58s %10s   target %6s %-4s %s\n' "$1" "$2" "$3" "$4" "$verdict"
}
value() { sed -n "s/.*\\b$1=\\([^ ]*\\).*/\\1/p" "$2"; } # of each line
median() { sort -n | awk '{ v[NR] = $1 } END { if (NR) print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2; else print "-" }'; }
least() { sort -n | head -n 1; }
of() { value "$1" "$2" | median; }

engine() { # NAME DECODE_TPS
    printf '{"engine":"openai","model":"%s","prefill_tps":10000000,"decode_tps":%s,"overhead_ms":300,"slots":4096,"gain":1}\n' "$1" "$2" >"$tmp/$1.json"
}
engine fast 100
engine slow 20
engine crawl 5
ulimit -n 8192 2>/dev/null
: >"$tmp/urls"
"$pitwall" sim "$tmp/fast.json" "$tmp/slow.json" "$tmp/crawl.json" >"$tmp/urls" &
sim=$!
n=0
while [ "$(wc -l <"$tmp/urls")" -lt 3 ]; do
    n=$((n + 1))
    [ $n -gt 100 ] && { echo "the simulated engines did not start"; exit 1; }
    sleep 0.1
done
url() { sed -n "s/^$1=//p" "$tmp/urls"; }
for name in fast slow crawl; do
    [ -n "$(url $name)" ] || { echo "the simulated engine '$name' told no URL"; exit 1; }
done

echo "pitwall's own overheads; median of $rounds rounds; load now: $(uptime | sed 's/.*load average[s]*: //')"
echo
echo "one stream at a time"
for i in $(seq 3); do "$net" "$(url fast)" 1 32 12; done >"$tmp/one"
say "TTFT error against the engine's truth, p50" "$(of ttft_p50_ms "$tmp/one")" 0.5 ms
say "TTFT error, p99" "$(of ttft_p99_ms "$tmp/one")" 0.5 ms
say "decode t/s error, p99" "$(of decode_pct "$tmp/one")" 1 %

# streams NAME STREAMS TOKENS TTFT SPAN
streams() {
    echo
    echo "$2 streams of $3 tokens at $4 t/s, requests of 10 kB"
    : >"$tmp/ours" && : >"$tmp/bare" && : >"$tmp/ratios"
    for i in $(seq $rounds); do
        "$net" "$(url "$1")" "$2" "$3" 1 >"$tmp/round" || echo "  a call was lost: $(cat "$tmp/round")"
        "$bare" "$(url "$1")" "$2" "$3" >"$tmp/round2"
        cat "$tmp/round" >>"$tmp/ours"
        cat "$tmp/round2" >>"$tmp/bare"
        echo "$(value cpu_us "$tmp/round") $(value cpu_us "$tmp/round2")" | awk '{ print $1 / $2 }' >>"$tmp/ratios"
    done
    say "TTFT error, p50" "$(of ttft_p50_ms "$tmp/ours")" "$5" ms
    say "TTFT error, p99" "$(of ttft_p99_ms "$tmp/ours")" "$5" ms
    say "dispatch span" "$(of span_ms "$tmp/ours")" "$6" ms
    echo "    best round: p99 $(value ttft_p99_ms "$tmp/ours" | least) ms, span $(value span_ms "$tmp/ours" | least) ms; our loop late by $(of late_ms "$tmp/ours") ms"
    say "client CPU a token, against a bare libcurl client's" "$(median <"$tmp/ratios" | cut -c1-5)" 1.4 x
    say "client CPU a token" "$(of cpu_us "$tmp/ours")" 14 µs
    echo "    the bare client: $(of cpu_us "$tmp/bare") µs"
}
streams fast 80 200 100 1 5
streams slow 500 100 20 2 20

echo
echo "2,000 streams of 10 tokens"
"$net" "$(url crawl)" 2000 10 1 >"$tmp/many"
say "calls lost" "$(of lost "$tmp/many")" 0 ""

echo
echo "the whole program"
"$tty" 40 "$pitwall" run -s burst --burst 500 --max-tokens 200 -n 1 -e "x=$(url slow)" >"$tmp/rss" 2>&1
say "memory at 500 streams of 200 tokens" "$(of rss_mb "$tmp/rss")" 48 MB
for i in $(seq $rounds); do "$tty" 2 "$pitwall" run -e "x=$(url fast)" --pause 50; done >"$tmp/first"
say "start to first frame" "$(of first_ms "$tmp/first")" 50 ms
"$tty" 24 "$pitwall" run -e "x=$(url fast)" --pause 50 --max-tokens 16 >"$tmp/idle"
say "CPU of a core while a run idles between calls" "$(of cpu_pct "$tmp/idle")" 0.5 %
kill $sim
wait $sim 2>/dev/null
sim=
: >"$tmp/eight"
"$pitwall" sim >"$tmp/eight" &
sim=$!
n=0
while [ "$(wc -l <"$tmp/eight")" -lt 8 ] && [ $n -lt 100 ]; do
    n=$((n + 1))
    sleep 0.1
done
"$tty" 30 "$pitwall" run --quick $(sed 's/^\([^=]*\)=.*/-e &,lane=\1/' "$tmp/eight") >"$tmp/run"
kill $sim
wait $sim 2>/dev/null
sim=
say "memory with eight endpoints, each on a lane of its own" "$(of rss_mb "$tmp/run")" 16 MB
echo "    CPU while they stream: $(of cpu_pct "$tmp/run") %"
"$tty" 30 "$pitwall" demo >"$tmp/demo"
echo "    demo, with the eight simulated engines in the same process: $(of rss_mb "$tmp/demo") MB, CPU $(of cpu_pct "$tmp/demo") %"

echo
echo "screen and log"
log=$(ls "$tmp"/*demo*.jsonl | tail -n 1)
for i in $(seq $rounds); do "$draw" "$log"; done >"$tmp/draw"
say "a 200x60 frame drawn and shown, CPU" "$(of draw_and_show_us "$tmp/draw" | awk '{ print $1 / 1000 }')" 2 ms
echo "    drawn alone: $(of draw_us "$tmp/draw") µs"
mkdir "$tmp/logs"
for i in $(seq $rounds); do
    "$fold" 100000 "$tmp/logs"
    rm -f "$tmp"/logs/*
done >"$tmp/fold"
say "100,000 events read and folded, CPU" "$(of cpu_s "$tmp/fold")" 0.5 s
mkdir "$tmp/logs/a" "$tmp/logs/b"
"$fold" 1000000 "$tmp/logs/a" >"$tmp/fold"
"$fold" 1000000 "$tmp/logs/b" >>"$tmp/fold"
long=$(value log "$tmp/fold" | head -n 1)
other=$(value log "$tmp/fold" | tail -n 1)
say "1,000,000 events, 8 endpoints, all suites: load and fold, CPU" "$(of cpu_s "$tmp/fold")" 4 s
say "memory for it" "$(of rss_mb "$tmp/fold")" 300 MB
for i in $(seq 3); do "$seek" "$long"; done >"$tmp/seek"
say "seek anywhere in it, the worst of 40" "$(of seek_s "$tmp/seek")" 1 s
say "memory of that replay" "$(of rss_mb "$tmp/seek")" 300 MB
echo "    opened after $(of open_s "$tmp/seek") s; a seek to its end at once: $(of first_s "$tmp/seek") s, all of it is read for that"
"$tty" 15 "$pitwall" replay "$long" "$other" --speed 1000 >"$tmp/two"
say "two of them replayed at once at 1000x: a frame every" "$(of frame_ms "$tmp/two")" 105 ms
echo "    CPU of a core: $(of cpu_pct "$tmp/two") %, memory $(of rss_mb "$tmp/two") MB"

echo
echo "the sampler: this machine and an exporter of 600 lines beside it"
beats=75000
[ -n "${QUICK:-}" ] && beats=7500
"$sampler" 20 $beats >"$tmp/sampler"
say "CPU of a core while sampling at its own pace" "$(of sampler_pct "$tmp/sampler")" 1 %
echo "    after $(of samples "$tmp/sampler") samples, against a tenth of them:"
say "memory allocated more" "$(of held_bytes "$tmp/sampler")" 65536 B
say "largest resident size, more" "$(of rss_kb "$tmp/sampler")" 1024 kB
echo "    a beat of two machines: $(of beat_us "$tmp/sampler") µs of CPU"
echo
[ $missed = 0 ] && echo "all targets met" || echo "$missed targets missed"
exit 0
