#!/bin/sh
# Frames of committed sample runs against golden text. `--write` rewrites them (make golden).
# tests/golden/list: NAME RUN[+RUN…] SIZE UNTIL KEYS ("-": none)
pitwall=${PITWALL:-./pitwall}
[ "${1:-}" = --write ] && write=yes || write=no
bad=0
new=$(mktemp)
trap 'rm -f "$new"' EXIT
while read -r name run size until keys; do
    case $name in '' | \#*) continue ;; esac
    set -- replay
    for one in $(echo "$run" | tr + ' '); do set -- "$@" "sample-runs/$one.jsonl"; done
    set -- "$@" --size "$size" --dump text
    [ "$until" = - ] || set -- "$@" --until "$until"
    [ "$keys" = - ] || set -- "$@" --keys "$keys"
    want=tests/golden/$name.txt
    if ! LC_ALL=C.UTF-8 "$pitwall" "$@" >"$new"; then
        echo "$name: pitwall $* failed"
        bad=1
    elif [ $write = yes ]; then
        cp "$new" "$want"
    elif ! diff -u "$want" "$new"; then
        echo "$name differs; if it should, run: make golden"
        bad=1
    fi
done <tests/golden/list
exit $bad
