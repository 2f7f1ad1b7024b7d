#!/bin/sh
# The Autobahn suite against Plaza's WebSocket codec (RFC 6455 and RFC 7692), by way of the echo of
# crates/wire/examples/echo.rs.
#
#   bench/conformance.sh         without the cases of permessage-deflate: half a minute
#   bench/conformance.sh all     with them: some 10 minutes
#   bench/conformance.sh 1.* 7.* only these
#
# The suite runs on CPython 2.7.18 only: PYTHON2 names one, else pyenv's is taken. It is installed
# under target/autobahn. Writes target/autobahn/report and ends with a line of counts.
set -eu
cd "$(dirname "$0")/.."

python=${PYTHON2:-$HOME/.pyenv/versions/2.7.18/bin/python}
home=target/autobahn
suite=autobahntestsuite==25.10.1

if [ ! -x "$python" ]; then
    echo "CONFORMANCE NOT RUN: no CPython 2.7 at $python. Install one (pyenv install 2.7.18) or" \
        "name it in PYTHON2: the Autobahn suite has no port to Python 3." >&2
    exit 2
fi
if [ ! -e $home/installed ]; then
    mkdir -p $home
    if ! { "$python" -m pip install -q -t $home/tool virtualenv==20.15.1 &&
        PYTHONPATH=$home/tool "$python" -m virtualenv -q $home/venv &&
        $home/venv/bin/pip install -q $suite; }; then
        echo "CONFORMANCE NOT RUN: pip could not install $suite (is PyPI reachable?)" >&2
        exit 2
    fi
    touch $home/installed
fi

cargo build --release --locked -p wire --example echo
port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
target/release/examples/echo "127.0.0.1:$port" &
echo_id=$!
trap 'kill $echo_id 2> /dev/null' EXIT INT TERM
sleep 0.5
kill -0 $echo_id

# Cases that are left out, as JSON.
except='"12.*", "13.*"'
cases='"*"'
case ${1:-} in
    "") ;;
    all) except= ;;
    *)
        except=
        cases=$(printf '"%s", ' "$@")
        cases=${cases%, }
        ;;
esac
rm -rf $home/report
cat > $home/spec.json << SPEC
{
  "outdir": "$PWD/$home/report",
  "servers": [{ "agent": "plaza", "url": "ws://127.0.0.1:$port" }],
  "cases": [$cases], "exclude-cases": [$except], "exclude-agent-cases": {}
}
SPEC
$home/venv/bin/wstest -m fuzzingclient -s $home/spec.json > $home/log 2>&1 || {
    tail -20 $home/log >&2
    exit 1
}

# A case is well when it passed strictly or in a way the standard allows.
"$python" - $home/report/index.json << 'SUM'
from __future__ import print_function
import collections, json, sys

cases = json.load(open(sys.argv[1]))["plaza"]
def order(name):
    return [int(part) for part in name.split(".")]
counts = collections.Counter(case["behavior"] for case in cases.values())
closes = collections.Counter(case["behaviorClose"] for case in cases.values())
well = ("OK", "NON-STRICT", "INFORMATIONAL")
failed = 0
for name in sorted(cases, key=order):
    case = cases[name]
    words = (case["behavior"], case["behaviorClose"])
    if words != ("OK", "OK") and words != ("INFORMATIONAL", "INFORMATIONAL"):
        print("%-8s %s, closing %s" % (name, words[0], words[1]))
    if case["behavior"] == "UNIMPLEMENTED":
        continue
    failed += not all(word in well for word in words)
tell = lambda counts: ", ".join("%d %s" % (counts[word], word) for word in sorted(counts))
print("behaviour: %s; closing: %s" % (tell(counts), tell(closes)))
skipped = counts["UNIMPLEMENTED"]
print("conformance: %d passed, %d failed, %d skipped" % (len(cases) - failed - skipped, failed, skipped))
sys.exit(1 if failed else 0)
SUM
