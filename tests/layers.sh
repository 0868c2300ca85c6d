#!/bin/sh
# The house keeps its rooms apart (ranks: base 0, model 1, net store config 2, host 3, engines 4,
# suites sim 5, tui 6).
bad=0
say() { echo "$1"; bad=1; }

rank() {
    case $1 in
    base) echo 0 ;; model) echo 1 ;; net | store | config) echo 2 ;; host) echo 3 ;;
    engines) echo 4 ;; suites | sim) echo 5 ;; tui) echo 6 ;; *) echo 9 ;;
    esac
}

for f in core/*/*.c core/*/*.h; do
    room=${f#core/}
    room=${room%%/*}
    mine=$(rank "$room")
    [ "$mine" = 9 ] && say "$f: unknown room"
    for other in $(sed -n 's|^#include "\([a-z]*\)/.*|\1|p' "$f" | sort -u); do
        theirs=$(rank "$other")
        [ "$other" = "$room" ] && continue
        [ "$theirs" = 9 ] && say "$f includes $other/, which is no room"
        [ "$theirs" -ge "$mine" ] && say "$f (rank $mine) includes $other/ (rank $theirs)"
    done
    grep -nE '^#include "[^/]*"' "$f" /dev/null && say "$f: an include must name its room"
done

# only FILES may match PATTERN: only 'pattern' 'allowed (extended regexp of paths)' 'what'
only() {
    for f in $(grep -lE "$1" core/*/*.c core/*/*.h tui/*.c tui/*.h 2>/dev/null); do
        echo "$f" | grep -qE "^($2)$" || say "$f: $3"
    done
}
only '^#include <(n?curses(w)?/)?n?curses' 'tui/screen\.c' 'curses belongs to tui/screen.c'
only '^#include <curl/' 'core/net/http[a-z_]*\.(c|h)' 'curl belongs to core/net/http*.c'
grep -l '^#include <curl/' core/net/http.h 2>/dev/null && say 'core/net/http.h shows curl'
only '^#include <event2/' 'core/net/(loop|http)[a-z_]*\.(c|h)|core/sim/.*' 'libevent belongs to net and sim'
only '^#include <(mach|IOKit|libproc|CoreFoundation|nvml)' 'core/host/.*' 'sensors belong to core/host'
only '"/proc/|"/sys/' 'core/host/.*' '/proc and /sys belong to core/host'
only '\bgetenv\(' 'tui/main\.c|tui/live_run\.c' 'getenv belongs to main and to where a key is read'
only '\bclock_gettime(_nsec_np)?\(' 'core/base/clock\.c' 'clock_gettime belongs to core/base/clock.c'
only '\bpthread_(mutex|cond|rwlock)_' 'core/model/queue\.c|core/host/sampler\.c|core/store/player[a-z_]*\.c' 'locks belong to the queue'
only '[^a-z_](exit|_exit)\(' 'tui/main\.c|core/base/util\.c|core/sim/sim[a-z_]*\.c|core/suites/lane_shell\.c|core/host/process\.c' 'only main ends the program'
only '\b(sprintf|strcpy|strcat|strtok|gets|atoi|atof|rand|localtime|gmtime|system|popen)\(' 'none' 'the house does without this call'
grep -lE '^#include "(frame|theme|view|screen|tui/)' core/*/*.[ch] 2>/dev/null && say 'core includes tui'
exit $bad
