#!/bin/sh
# Plaza beside its peers: installs them, prepares the machine, measures, writes bench/out/*.md.
#
#   bench/fanout.sh quick              the main cases once: some minutes
#   bench/fanout.sh page               what docs/performance.md shows, in at most 12 minutes
#   bench/fanout.sh full               every case with every server, five times: more than an hour
#   bench/fanout.sh storm [OPTIONS]    the storm of connects (`bench storm --help`)
#   bench/fanout.sh [OPTIONS]          what you like (`bench fanout --help`)
#
# Needs two cores and, for the receive work of the loopback to be done on the load's core (as a
# network card would have it), the right to make a private network namespace. Without that right
# it still runs and says so in the table.
#   CENTRIFUGO_BIN=/path/to/centrifugo bench/fanout.sh quick
#   PLAZA_BIN=/path/to/plaza bench/fanout.sh --repeat 3 --cases hot-1,hot-16 --targets plaza,ws
set -eu
cd "$(dirname "$0")/.."

nats_version=v2.15.2
built=target/peers
out=bench/out

fanout() { # NAME OPTIONS...: one run, its table kept under that name
    name=$1
    shift
    target/release/bench fanout --out $out "$@"
    mv $out/fanout.md "$out/fanout-$name.md"
}

page() {
    # The short storm first. A bound that is missed stands in its table.
    target/release/bench storm --out $out || true
    fanout hot --cases hot-1,hot-16 --repeat 3 --minutes 3 --seconds 1 --warm-up 0.4
    fanout large --cases hot-1-1k,hot-16-1k,deflate-1,deflate-16 --repeat 1 --seconds 1 --warm-up 0.4 \
        --targets floor-cork,plaza,plaza-protobuf,plaza-deflate,plaza-room,nats,ws,ws-deflate,socketioxide
    fanout channels --cases channels-1,channels-16 --repeat 1 --seconds 1 --warm-up 0.4
    fanout many --cases hot10k-1,hot10k-16 --repeat 1 --seconds 1.5 --warm-up 0.4 \
        --targets floor-cork,plaza,plaza-protobuf,nats,ws,socketioxide
    fanout latency --cases half,open-1000,stall-16 --repeat 1 --seconds 2 --warm-up 0.4 \
        --targets plaza,plaza-protobuf,nats,ws,socket.io,socketioxide
    fanout memory --cases idle --repeat 1 \
        --targets plaza,plaza-protobuf,nats,ws,socket.io,socketioxide,centrifugo
    cat $out/fanout-hot.md $out/fanout-large.md $out/fanout-channels.md $out/fanout-many.md \
        $out/fanout-latency.md $out/fanout-memory.md $out/storm.md > $out/page.md
    echo "written: $out/page.md"
}

measure() {
    case ${1:-} in
        quick) fanout quick --repeat 1 --seconds 1 --warm-up 0.4 \
            --cases hot-1,hot-16,channels-16,half,idle ;;
        page) page ;;
        full)
            fanout full --repeat 5 --seconds 2
            target/release/bench storm --out $out
            ;;
        storm)
            shift
            target/release/bench storm --out $out "$@"
            ;;
        *) fanout own "$@" ;;
    esac
}

if [ "${1:-}" = "--in-namespace" ]; then
    shift
    mount -t sysfs sysfs /sys
    ip link set lo up
    # The bench steers the loopback of this namespace only.
    export BENCH_NAMESPACE=1
    # Every session is scheduled as one group: this one gets more than its share while it runs,
    # else other work on the machine turns every figure into noise.
    if [ -w /proc/self/autogroup ]; then
        echo "${BENCH_NICE:--10}" > /proc/self/autogroup || true
    fi
    measure "$@"
    exit
fi

mkdir -p $built $out
cargo build --release --locked -p bench
if [ -z "${PLAZA_BIN:-}" ]; then
    cargo build --release --locked -p plaza
fi
if [ "${1:-}" != storm ]; then
    if [ ! -e bench/peers/node_modules/.package-lock.json ]; then
        npm ci --prefix bench/peers || echo "LEFT OUT: the Node peers: npm could not install them"
    fi
    if [ ! -x $built/nats-server ] && command -v go > /dev/null; then
        GOBIN="$PWD/$built" go install "github.com/nats-io/nats-server/v2@$nats_version" ||
            echo "LEFT OUT: nats-server: go could not install it"
    fi
    if [ ! -x $built/socketioxide-relay ]; then
        relay=bench/peers/socketioxide
        if cargo build --release --locked --manifest-path $relay/Cargo.toml --target-dir $built/build; then
            mv $built/build/release/socketioxide-relay $built/
            rm -rf $built/build
        else
            echo "LEFT OUT: socketioxide: cargo could not build it"
        fi
    fi
fi

if unshare --net --mount true 2> /dev/null; then
    exec setsid --wait unshare --net --mount --pid --fork --kill-child --mount-proc \
        "$0" --in-namespace "$@"
fi
measure "$@"
