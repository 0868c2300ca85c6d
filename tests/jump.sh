#!/bin/sh
# Jumps of a replay in a real terminal: to verdicts, gates and errors, on and back.
pitwall=$(cd "$(dirname "${PITWALL:-./pitwall}")" && pwd)/$(basename "${PITWALL:-./pitwall}")
command -v tmux >/dev/null 2>&1 || { echo "tmux is not installed"; exit 77; }
tmp=$(mktemp -d)
sock=pitwall-jump-$$
t() { tmux -L "$sock" -f /dev/null "$@"; }
trap 't kill-server 2>/dev/null; rm -rf "$tmp"' EXIT
screen() { t capture-pane -p -t w; }

# wait_for PATTERN: until the screen shows it
wait_for() {
    n=0
    while ! screen | grep -qE "$1"; do
        n=$((n + 1))
        if [ $n -gt 150 ]; then
            echo "the screen never showed '$1':"
            screen
            exit 1
        fi
        sleep 0.1
    done
}

LC_ALL=C.UTF-8 t -u new-session -d -s w -x 120 -y 40 \
    "env PITWALL_RESULTS=$tmp XDG_CONFIG_HOME=$tmp $pitwall replay sample-runs/memory-gate.jsonl --until 0"
wait_for '◇.*▮' # read ahead: marks of what is still to come
t send-keys -t w n
wait_for 'verdict of test-swaps: prefix reuse NO'
wait_for 'reuse +NO · ratio'
t send-keys -t w n
wait_for 'gate of test-swaps: memory_pressure burst-30'
wait_for 'gate M'
t send-keys -t w N
wait_for 'verdict of test-swaps: prefix reuse NO'
wait_for 'at 6/13' # and what came after it is no more
screen | grep -q 'gate M' && { echo "the gate is still there after a jump back"; screen; exit 1; }
t send-keys -t w N
wait_for 'no error, warning, gate or verdict before'
t send-keys -t w q
exit 0
