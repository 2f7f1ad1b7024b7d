#!/bin/sh
# Fan-out beside the peers: installs them, prepares the machine, runs `bench fanout "$@"`.
#
# Needs two cores and, for the receive work of the loopback to be done on the load's core (as a
# network card would have it), the right to make a private network namespace. Without that right
# it still runs and says so in the table.
#   bench/fanout.sh --repeat 3 --cases hot-1,hot-16 --targets plaza,ws
#   CENTRIFUGO_BIN=/path/to/centrifugo bench/fanout.sh
set -eu
cd "$(dirname "$0")/.."

nats_version=v2.15.2
nats=target/peers/nats-server

if [ "${1:-}" = "--in-namespace" ]; then
    shift
    mount -t sysfs sysfs /sys
    ip link set lo up
    # A mask of cores: only core 1, the load's.
    echo 2 > /sys/class/net/lo/queues/rx-0/rps_cpus
    # Every session is scheduled as one group: this one gets more than its share while it runs,
    # else other work on the machine turns every figure into noise.
    if [ -w /proc/self/autogroup ]; then
        echo "${BENCH_NICE:--10}" > /proc/self/autogroup || true
    fi
    exec target/release/bench fanout "$@"
fi

cargo build --release -p bench
if [ -z "${PLAZA_BIN:-}" ]; then
    cargo build --release -p plaza
fi
if [ ! -d bench/peers/node_modules ]; then
    npm ci --prefix bench/peers
fi
if [ ! -x "$nats" ] && command -v go > /dev/null; then
    GOBIN="$PWD/target/peers" go install "github.com/nats-io/nats-server/v2@$nats_version"
fi

if unshare --net --mount true 2> /dev/null; then
    exec setsid --wait unshare --net --mount --pid --fork --kill-child --mount-proc \
        "$0" --in-namespace "$@"
fi
exec target/release/bench fanout "$@"
