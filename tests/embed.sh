#!/bin/sh
# Write a C table of data files: embed.sh TABLE FILE...
table=$1
shift
echo '#include "base/embed.h"'
for f in "$@"; do
    n=$(basename "$f" .json)
    printf 'static const char file_%s[] = {' "$(echo "$n" | tr -c 'A-Za-z0-9\n' _)"
    od -An -v -tx1 "$f" | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'
    echo '0};'
done
echo "const struct embedded $table[] = {"
for f in "$@"; do
    n=$(basename "$f" .json)
    v=file_$(echo "$n" | tr -c 'A-Za-z0-9\n' _)
    echo "    {\"$n\", $v, sizeof($v) - 1},"
done
echo '    {0, 0, 0}};'
