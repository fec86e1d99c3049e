#!/bin/sh
# Installs and starts every part that the tests need, then runs them all; its exit code is theirs.
set -eu

usage() {
    cat <<'USAGE'
Usage: scripts/test.sh [--prepare | --toolchains | ARGUMENT…]

Installs the toolchains that are missing (Debian and Ubuntu, as root), makes a Docker engine answer, and runs all tests.
Arguments go to the test runner (cargo nextest run, else cargo test): `scripts/test.sh ledger` runs the tests with that
in their names, and leaves out the documentation tests.

  --prepare      install and start everything, but run no test
  --toolchains   install the toolchains only
USAGE
}

say() { printf 'test: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

main() {
    case ${1:-} in
        -h | --help) usage; exit 0 ;;
    esac
    CDPATH='' cd -- "$(dirname -- "$0")/.."

    find_rust
    find_toolchains
    [ "${1:-}" != --toolchains ] || exit 0
    scripts/engine.sh start || fail "the tests need a Docker engine: see above"
    [ "${1:-}" = --prepare ] || run_tests "$@"
}

find_rust() {
    # rustup's directory is often not yet on PATH in the shell that installed it.
    has cargo || PATH=$PATH:${CARGO_HOME:-${HOME:-/root}/.cargo}/bin
    has cargo || fail "no cargo here; install Rust with rustup, https://rustup.rs"
}

# Cells see the host's own /usr, so the toolchains must be there: one from a home directory (pyenv, nvm) does not count.
find_toolchains() {
    packages=''
    [ -x /usr/bin/gcc ] && has cc || packages="$packages gcc"
    [ -x /usr/bin/g++ ] || packages="$packages g++"
    [ -x /usr/bin/python3 ] || packages="$packages python3"
    [ -x /usr/bin/node ] || packages="$packages nodejs"
    [ -x /usr/bin/javac ] && [ -x /usr/bin/java ] || packages="$packages default-jdk-headless"
    [ -n "$packages" ] || can_link_statically || packages=' libc6-dev'
    [ -n "$packages" ] || return 0

    say "missing:$packages"
    has apt-get || fail "install what these Debian packages hold with your package manager, then run this again"
    [ "$(id -u)" -eq 0 ] || fail "mend: sudo apt-get install -y libc6-dev$packages"
    say "installing them (this can take a minute)"
    if [ -z "${SONOCODE_APT_UPDATED:-}" ]; then
        apt-get update -qq >/dev/null || say "apt-get update had errors; going on with what it has"
        export SONOCODE_APT_UPDATED=1
    fi
    # shellcheck disable=SC2086 # a list of names
    DEBIAN_FRONTEND=noninteractive apt-get install \
        -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 \
        libc6-dev $packages </dev/null >/dev/null || fail "apt-get could not install:$packages"
}

can_link_statically() {
    scratch=$(mktemp -d)
    linked=0
    echo 'int main(void) { return 0; }' >"$scratch/static.c"
    cc -static -o "$scratch/static" "$scratch/static.c" >/dev/null 2>&1 || linked=1
    rm -rf "$scratch"
    return "$linked"
}

# Everything runs even when the first part failed. The documentation tests come first, so that the last line is the
# count of the tests that matter.
run_tests() {
    failed=0
    if [ $# -eq 0 ]; then
        cargo test --workspace --locked --doc || failed=$?
    fi
    if cargo nextest --version >/dev/null 2>&1; then
        cargo nextest run --workspace --locked --lib --bins --tests "$@" || failed=$?
    else
        cargo test --workspace --locked --lib --bins --tests "$@" || failed=$?
    fi
    exit "$failed"
}

main "$@"
