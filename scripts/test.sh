#!/bin/sh
# Installs and starts every part that the tests need, then runs them all; its exit code is theirs.
set -eu

usage() {
    cat <<'USAGE'
Usage: scripts/test.sh [--prepare | --toolchains | ARGUMENT…]

Installs the toolchains and the Redis that are missing (Debian and Ubuntu, as root) and the Socket.IO clients that others
wrote, makes a Docker engine answer, and runs all tests.
Arguments go to the test runner (cargo nextest run, else cargo test): `scripts/test.sh ledger` runs the tests with that
in their names, and leaves out the documentation tests.

  --prepare      install and start everything, but run no test
  --toolchains   install the toolchains only

SONOCODE_TEST_LANGUAGES=all installs the toolchains of Kotlin and Haskell as well (1.2 GB); without them their tests
say that they are not there.
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
    scripts/clients.sh
    scripts/engine.sh start || fail "the tests need a Docker engine: see above"
    [ "${1:-}" = --prepare ] || run_tests "$@"
}

find_rust() {
    # rustup's directory is often not yet on PATH in the shell that installed it. It comes first: the distribution's
    # rustc, which is installed below for the programs that are judged, is too old for this project.
    PATH=${CARGO_HOME:-${HOME:-/root}/.cargo}/bin:$PATH
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
    [ -x /usr/bin/go ] || packages="$packages golang-go"
    [ -x /usr/bin/rustc ] || packages="$packages rustc"
    [ -x /usr/bin/ruby ] || packages="$packages ruby"
    [ -x /usr/bin/pypy3 ] || packages="$packages pypy3"
    [ -x /usr/bin/tsc ] || packages="$packages node-typescript"
    [ -x /usr/bin/mcs ] && [ -x /usr/bin/mono ] || packages="$packages mono-mcs mono-runtime"
    has redis-server && has redis-cli || packages="$packages redis-server"
    # Tests that cut networks make namespaces of their own.
    [ -x /usr/sbin/ip ] || [ -x /sbin/ip ] || packages="$packages iproute2"
    [ -x /usr/sbin/iptables ] || [ -x /sbin/iptables ] || packages="$packages iptables"
    if [ "${SONOCODE_TEST_LANGUAGES:-}" = all ]; then
        [ -x /usr/bin/kotlinc ] || packages="$packages kotlin"
        [ -x /usr/bin/ghc ] || packages="$packages ghc"
    fi
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
    run "$@" || failed=$?
    if [ $# -eq 0 ]; then
        run_natively || failed=$?
    fi
    exit "$failed"
}

run() {
    if cargo nextest --version >/dev/null 2>&1; then
        cargo nextest run --workspace --locked --lib --bins --tests "$@"
    else
        cargo test --workspace --locked --lib --bins --tests "$@"
    fi
}

# What judges hostile and measured programs once more, in the native sandbox.
run_natively() {
    suites='attacks:: measure:: verdicts:: judging:: crash::'
    told=$(SONOCODE_SANDBOX_KIND=native cargo run --quiet --locked -- doctor --json | grep '"engine"') || true
    case $told in
        *'"state":"ok"'*) ;;
        *)
            say "the native sandbox cannot be used here, so it is not tested: $told"
            [ "$(id -u)" -ne 0 ] || return 1
            return 0
            ;;
    esac
    say "once more in the native sandbox: $suites"
    if cargo nextest --version >/dev/null 2>&1; then
        filter=$(echo "$suites" | sed 's/ /|/g')
        SONOCODE_TEST_SANDBOX=native cargo nextest run --workspace --locked --tests \
            -E "binary(it) & test(/^($filter)/)"
    else
        # shellcheck disable=SC2086 # a list of names
        SONOCODE_TEST_SANDBOX=native cargo test --workspace --locked --test it -- $suites
    fi
}

main "$@"
