#!/bin/sh
# Kills the parts of a cluster again and again and prints what came of it as a table.
set -eu

usage() {
    cat <<'USAGE'
Usage: scripts/kill-matrix.sh [N [KIND…]]

Runs two daemons, two workers and one Redis on this machine (for the last two kinds: one daemon that does it all, on
SQLite), with twenty submissions in flight and clients connected, and strikes one part at a random point, N times (default: 10) for each kind:

  daemon   kill -9 of a daemon that takes submissions and tells of them
  hub      kill -9 of a daemon that only tells of them
  worker   kill -9 of a worker
  redis    kill -9 of Redis (appendfsync always)
  everysec kill -9 of Redis (appendfsync everysec): what is lost is measured
  torn     the same, and the end of its file is gone, in the middle of a write, as when the power was cut
  engine   kill -9 of the workers' Docker engine
  stop     SIGSTOP of a worker until its lease has run out, then SIGCONT
  cut      the network between a part and Redis, cut and healed
  sqlite         kill -9 of a daemon that does it all, without Redis
  sqlite_engine  kill -9 of such a daemon's Docker engine

After each: every submission that was accepted has one verdict and the right one, every client has heard every event once
and in order, and no container, lease or presence is left over. docs/reliability.md says what the columns are. Exits with
0 when all of it held. Needs root, Docker, redis-server, iproute2 and iptables, as scripts/test.sh does.

SONOCODE_MATRIX_JOBS   kinds at one time (default: 2)
SONOCODE_TEST_SEED     a seed that was printed, to see the same again
USAGE
}

kinds='daemon hub worker redis everysec torn engine stop cut sqlite sqlite_engine'

main() {
    kills=10
    case ${1:-} in
        -h | --help) usage; exit 0 ;;
        '') ;;
        *[!0-9]* | 0*) echo "kill-matrix: \`$1\` is no number of kills; see --help" >&2; exit 2 ;;
        *) kills=$1; shift ;;
    esac
    CDPATH='' cd -- "$(dirname -- "$0")/.."
    filter=
    # shellcheck disable=SC2086 # a list of names
    [ $# -gt 0 ] || set -- $kinds
    for kind; do
        case " $kinds " in
            *" $kind "*) filter="$filter${filter:+ or }test(=matrix::$kind)" ;;
            *) echo "kill-matrix: there is no kind \`$kind\`; there are: $kinds" >&2; exit 2 ;;
        esac
    done
    scripts/test.sh --prepare
    PATH=${CARGO_HOME:-${HOME:-/root}/.cargo}/bin:$PATH
    told=$(mktemp)
    failed=0
    SONOCODE_MATRIX_KILLS=$kills cargo nextest run --profile matrix --locked --test it \
        --test-threads "${SONOCODE_MATRIX_JOBS:-2}" -E "$filter" --success-output immediate \
        --failure-output immediate >"$told" 2>&1 || failed=$?
    [ "$failed" -eq 0 ] || cat "$told" >&2
    echo '| kind | kills | submissions | judged again | lost | double | wrong | left over | resume p50 / p99, s | connects |'
    echo '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |'
    sed -n 's/^ *matrix //p' "$told"
    rm -f "$told"
    exit "$failed"
}

main "$@"
