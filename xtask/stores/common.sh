# What the store scripts share. A store lives as long as the script's standard input is open: whoever started it may end
# in any way, and nothing stays behind.

data=$(mktemp -d "${UPLOAD_STORE_DATA:-/tmp}/store.XXXXXX") || exit 1
pids=()

say() { echo "$*" >&2; }

fail() {
    say "error: $*"
    for log in "$data"/log/*.out; do
        [[ -s $log ]] && { say "--- the end of ${log##*/}"; grep . "$log" | tail -n 5 >&2; }
    done
    exit 1
}

# Runs a daemon in the background, its output in a log of its own.
daemon() {
    local name=$1
    shift
    "$@" >"$data/log/$name.out" 2>&1 </dev/null &
    pids+=($!)
    echo $! >"$data/$name.pid"
}

# When the store has to be up: a machine may be busy with much else, and something that hangs must not hang for ever.
deadline=$((SECONDS + 300))

# Runs a command whose output matters only when it fails.
quietly() {
    timeout --kill-after=5 $((deadline > SECONDS ? deadline - SECONDS : 1)) "$@" >"$data/log/setup.out" 2>&1 ||
        fail "this failed: $*"
}

# Tries a command until it succeeds.
await() {
    local what=$1
    shift
    until timeout --kill-after=5 30 "$@" >/dev/null 2>&1; do
        ((SECONDS < deadline)) || fail "$what did not come up within 5 minutes of the start"
        for pid in "${pids[@]}"; do
            kill -0 "$pid" 2>/dev/null || fail "a daemon ended while waiting for $what"
        done
        sleep 0.2
    done
}

# Ends what was started here, by its process ids and in reverse, and removes its data.
stop() {
    local i pid patience=$((SECONDS + 10))
    for ((i = ${#pids[@]} - 1; i >= 0; i--)); do kill "${pids[i]}" 2>/dev/null; done
    for pid in "${pids[@]}"; do
        while kill -0 "$pid" 2>/dev/null && ((SECONDS < patience)); do sleep 0.1; done
        kill -KILL "$pid" 2>/dev/null
        wait "$pid" 2>/dev/null
    done
    rm -rf "$data"
}
trap stop EXIT
# Ctrl-C reaches this script too; leaving is what runs `stop`.
trap 'exit 130' INT TERM

mkdir "$data/log"

# Tells how to reach the store, then keeps it until standard input ends.
serve() {
    echo "UPLOAD_E2E_S3=$1"
    echo "UPLOAD_E2E_S3_BUCKET=upload-e2e"
    echo "UPLOAD_E2E_S3_REGION=$2"
    echo "AWS_ACCESS_KEY_ID=$3"
    echo "AWS_SECRET_ACCESS_KEY=$4"
    echo ready
    cat >/dev/null
}
