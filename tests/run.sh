#!/bin/sh
# Run test programs and scripts one after the other; the last line counts. Exit 77 of a script: skipped.
passed=0 failed=0 skipped=0
out=$(mktemp)
trap 'rm -f "$out"' EXIT
for t in "$@"; do
    case $t in
    *.sh) sh "$t" >"$out" 2>&1 ;;
    *) "./${t#./}" $([ -d "tests/corpus/${t##*/fuzz_}" ] && echo "tests/corpus/${t##*/fuzz_}"/*) >"$out" 2>&1 ;;
    esac
    rc=$?
    n=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' "$out" | tail -n 1)
    bad=$(sed -n 's/^ *\([0-9]*\) FAILED TEST.*/\1/p' "$out" | tail -n 1)
    if [ $rc = 77 ]; then
        skipped=$((skipped + 1))
        echo "skip  $t: $(tail -n 1 "$out")"
    elif [ $rc = 0 ]; then
        passed=$((passed + ${n:-1}))
        echo "ok    $t ${n:+($n)}"
    else
        passed=$((passed + ${n:-0}))
        failed=$((failed + ${bad:-1}))
        echo "FAIL  $t (exit $rc)"
        sed 's/^/      /' "$out" | tail -n 60
    fi
done
if [ $skipped = 0 ]; then
    echo "$passed passed, $failed failed"
else
    echo "$passed passed, $failed failed, $skipped skipped"
fi
[ $failed = 0 ]
