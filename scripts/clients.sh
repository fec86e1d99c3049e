#!/bin/sh
# Installs the Socket.IO clients that others wrote, with which the tests drive the hub, below the target directory.
set -eu

usage() {
    cat <<'USAGE'
Usage: scripts/clients.sh

Installs socket.io-client (npm) and python-socketio (PyPI) into target/socket-clients, at the versions and with the
hashes that tests/it/sockets/clients/ names; does nothing when they are there. Needs node, npm and python3 with venv;
as root on Debian and Ubuntu it installs what is missing of these.
USAGE
}

say() { printf 'clients: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

main() {
    case ${1:-} in
        -h | --help) usage; exit 0 ;;
    esac
    CDPATH='' cd -- "$(dirname -- "$0")/.."
    from=$PWD/tests/it/sockets/clients
    to=${CARGO_TARGET_DIR:-target}/socket-clients
    mkdir -p "$to"

    # Each is done when the lock that it was made from lies beside it.
    if ! cmp -s "$from/package-lock.json" "$to/node.lock"; then
        find_debian node nodejs
        find_debian npm npm
        say "installing socket.io-client"
        cp "$from/package.json" "$from/package-lock.json" "$to"
        (cd "$to" && npm ci --silent --no-audit --no-fund) || fail "npm could not install what $from/package.json names"
        cp "$from/package-lock.json" "$to/node.lock"
    fi
    if ! cmp -s "$from/requirements.txt" "$to/python.lock"; then
        find_debian python3 python3
        rm -rf "$to/python"
        if ! make_venv "$to"; then
            find_debian no-such-program python3-venv
            make_venv "$to" || fail "python3 -m venv $to/python does not work"
        fi
        say "installing python-socketio"
        "$to/python/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes \
            --requirement "$from/requirements.txt" || fail "pip could not install what $from/requirements.txt names"
        cp "$from/requirements.txt" "$to/python.lock"
    fi
}

make_venv() { # FOLDER
    python3 -m venv "$1/python" >/dev/null 2>&1
}

find_debian() { # PROGRAM PACKAGE
    has "$1" && return 0
    has apt-get || fail "$2 is missing; install it with your package manager, then run this again"
    [ "$(id -u)" -eq 0 ] || fail "mend: sudo apt-get install -y $2"
    say "installing $2 (this can take a minute)"
    if [ -z "${SONOCODE_APT_UPDATED:-}" ]; then
        apt-get update -qq >/dev/null || say "apt-get update had errors; going on with what it has"
        export SONOCODE_APT_UPDATED=1
    fi
    DEBIAN_FRONTEND=noninteractive apt-get install \
        -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "$2" </dev/null >/dev/null ||
        fail "apt-get could not install $2"
}

main "$@"
