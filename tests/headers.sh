#!/bin/sh
# Every header compiles alone.
bad=0
flags="-std=c11 -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -D_DARWIN_C_SOURCE -Wall -Wextra -Werror -Icore -Itui"
for h in core/*/*.h tui/*.h; do
    echo "#include \"$h\"" | ${CC:-cc} $flags -I. -fsyntax-only -x c - || { echo "$h does not compile alone"; bad=1; }
done
exit $bad
