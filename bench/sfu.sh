#!/bin/sh
# Calls: Plaza's media server beside its peers and the least that the machine allows; writes
# bench/out/sfu.md.
#
#   bench/sfu.sh quick          every shape once: some minutes
#   bench/sfu.sh page           what docs/performance.md shows: three times, interleaved
#   bench/sfu.sh [OPTIONS]      what you like (`bench sfu --help`)
#
# Needs two cores and the right to make a private network namespace: there the receive work of the
# loopback is done on the load's core, as a network card would have it, and there is an address
# beside 127.0.0.1, which Janus needs. Without that right it still runs and says so in the table.
#   LIVEKIT_BIN=/path/to/livekit-server bench/sfu.sh quick
#   PLAZA_BIN=/path/to/plaza bench/sfu.sh --repeat 3 --shapes meeting-10 --targets plaza,janus
# Janus is Debian's: apt-get install -y --no-install-recommends janus
set -eu
cd "$(dirname "$0")/.."

# An address of the namespace's own; packets to it take the loopback all the same.
address=10.99.0.1

measure() {
    bench=${BENCH_BIN:-target/release/bench}
    case ${1:-} in
        quick) "$bench" sfu --repeat 1 --seconds 5 ;;
        page) "$bench" sfu --repeat 3 ;;
        *) "$bench" sfu "$@" ;;
    esac
}

if [ "${1:-}" = "--in-namespace" ]; then
    shift
    mount -t sysfs sysfs /sys
    ip link set lo up
    ip link add bench0 type veth peer name bench1
    ip addr add $address/24 dev bench0
    ip link set bench0 up
    ip link set bench1 up
    # The bench steers the loopback of this namespace only.
    export BENCH_NAMESPACE=1 BENCH_ADDRESS=$address
    # Every session is scheduled as one group: this one gets more than its share while it runs,
    # else other work on the machine turns every figure into noise.
    if [ -w /proc/self/autogroup ]; then
        echo "${BENCH_NICE:--10}" > /proc/self/autogroup || true
    fi
    measure "$@"
    exit
fi

mkdir -p bench/out
if [ -z "${BENCH_BIN:-}" ]; then
    cargo build --release --locked -p bench
fi
if [ -z "${PLAZA_BIN:-}" ] && [ ! -x target/release/plaza ]; then
    cargo build --release --locked -p plaza
fi
if [ -z "${LIVEKIT_BIN:-}" ]; then
    echo "LEFT OUT: livekit: LIVEKIT_BIN names no livekit-server" >&2
fi
if [ ! -x "${JANUS_BIN:-/usr/bin/janus}" ]; then
    echo "LEFT OUT: janus: it is not installed" >&2
fi

if unshare --net --mount true 2> /dev/null; then
    exec setsid --wait unshare --net --mount --pid --fork --kill-child --mount-proc \
        "$0" --in-namespace "$@"
fi
measure "$@"
