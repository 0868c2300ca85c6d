#!/bin/sh
# End to end in a real terminal: start, resize, keys, stop, quit; the terminal is restored.
pitwall=$(cd "$(dirname "${PITWALL:-./pitwall}")" && pwd)/$(basename "${PITWALL:-./pitwall}")
command -v tmux >/dev/null 2>&1 || { echo "tmux is not installed"; exit 77; }
tmp=$(mktemp -d)
sock=pitwall-test-$$
t() { tmux -L "$sock" -f /dev/null "$@"; }
trap 't kill-server 2>/dev/null; rm -rf "$tmp"' EXIT
screen() { t capture-pane -p -t w; }

# wait_for PATTERN SECONDS: until the screen shows it
wait_for() {
    n=0
    while ! screen | grep -qE "$1"; do
        n=$((n + 1))
        if [ $n -gt $(($2 * 10)) ]; then
            echo "the screen never showed '$1':"
            screen
            exit 1
        fi
        sleep 0.1
    done
}

LC_ALL=C.UTF-8 t -u new-session -d -s w -x 80 -y 24 \
    "env PITWALL_RESULTS=$tmp XDG_CONFIG_HOME=$tmp PS1='ready> ' sh"
wait_for 'ready>' 10
t send-keys -t w "stty -g >$tmp/before; $pitwall demo; echo \"exit=\$?\"; stty -g >$tmp/after" Enter
wait_for 'pitwall' 15
wait_for 'SIM' 15
wait_for 'llama.cpp' 15
t resize-window -t w -x 50 -y 12
wait_for '60.?x.?16' 10
t resize-window -t w -x 120 -y 40
wait_for 'Rapid-MLX|rapid-mlx' 10
t send-keys -t w '?'
wait_for 'quit' 10
t send-keys -t w Escape
t send-keys -t w Enter
sleep 0.3
t send-keys -t w Tab
t resize-window -t w -x 200 -y 60
sleep 0.3
t send-keys -t w 1
wait_for 'llama.cpp' 10
t send-keys -t w q
sleep 0.3
t send-keys -t w y
wait_for 'exit=130' 15
screen | grep -q 'SIM' || { echo "no final table"; screen; exit 1; }
sleep 0.2
cmp "$tmp/before" "$tmp/after" || { echo "terminal settings changed"; exit 1; }
tail -n 1 "$tmp"/*.jsonl | grep -q '"run_end"' || { echo "the log has no end"; exit 1; }
# Ctrl-C ends it at once and leaves a complete log
t send-keys -t w "clear; $pitwall demo; echo \"exit=\$?\"" Enter
wait_for 'running [0-9]+/[0-9]+' 15 # the header of the live screen, not the table of before
t send-keys -t w C-c
wait_for 'exit=130' 15
t send-keys -t w "exit" Enter
exit 0
