#!/bin/sh
# Builds sonocode from this folder and installs it for the current user. ./install.sh --help tells the rest.
set -eu

usage() {
    cat <<'USAGE'
Usage: ./install.sh [--with-docker] [--demo] [--prefix DIR] [--uninstall] [--help]

Checks what sonocode needs, builds it, and installs it to ~/.local/bin (or $XDG_BIN_HOME). Run it again to upgrade.

  --with-docker   install and start a Docker engine, and missing compilers, from the distribution's packages
                  (Debian and Ubuntu; as root, or with sudo)
  --demo          run `sonocode demo` at the end and exit with its code
  --prefix DIR    install to DIR/bin and DIR/share instead
  --uninstall     remove what this script installed
  --help          show this text
USAGE
}

say() { printf '%s\n' "$*" >&2; }
step() { printf '\n==> %s\n' "$*" >&2; }
fail() { say "install.sh: $*"; exit 1; }
misused() { say "install.sh: $*"; say "Try ./install.sh --help"; exit 2; }
has() { command -v "$1" >/dev/null 2>&1; }
is_root() { [ "$(id -u)" -eq 0 ]; }

main() {
    with_docker='' demo='' uninstall='' prefix=''
    options "$@"
    here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
    places
    if [ -n "$uninstall" ]; then
        uninstall
        return 0
    fi

    for source in Cargo.toml scripts/engine.sh; do
        [ -f "$here/$source" ] || fail "run it from a clone of sonocode: there is no $here/$source"
    done
    [ "$(uname -s)" = Linux ] || fail "sonocode judges in Linux containers and runs on Linux only; this is $(uname -s)"
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM

    check
    [ -z "$with_docker" ] || provide
    build
    install_files
    farewell
    if [ -n "$demo" ]; then
        step "$bin_dir/sonocode demo"
        demo_exit=0
        "$bin_dir/sonocode" demo || demo_exit=$?
        exit "$demo_exit"
    fi
}

options() {
    while [ $# -gt 0 ]; do
        case $1 in
            --with-docker) with_docker=1 ;;
            --demo) demo=1 ;;
            --uninstall) uninstall=1 ;;
            --prefix)
                [ $# -ge 2 ] || misused "--prefix needs a directory"
                prefix=$2
                shift
                [ -n "$prefix" ] || misused "--prefix needs a directory"
                ;;
            --prefix=*)
                prefix=${1#--prefix=}
                [ -n "$prefix" ] || misused "--prefix needs a directory"
                ;;
            -h | --help) usage; exit 0 ;;
            *) misused "unknown option: $1" ;;
        esac
        shift
    done
    [ -z "$uninstall" ] || [ -z "$with_docker$demo" ] || misused "--uninstall goes with no option but --prefix"
}

# Where everything goes. A shell finds completions in its user directory, or below a prefix's share.
places() {
    if [ -n "$prefix" ]; then
        case $prefix in
            /*) ;;
            *) prefix=$PWD/$prefix ;;
        esac
        bin_dir=$prefix/bin
        bash_file=$prefix/share/bash-completion/completions/sonocode
        zsh_file=$prefix/share/zsh/site-functions/_sonocode
        fish_file=$prefix/share/fish/vendor_completions.d/sonocode.fish
    else
        [ -n "${HOME:-}" ] || fail "HOME is not set; say where to install: --prefix DIR"
        data_home=${XDG_DATA_HOME:-$HOME/.local/share}
        bin_dir=${XDG_BIN_HOME:-$HOME/.local/bin}
        bash_file=$data_home/bash-completion/completions/sonocode
        zsh_file=$data_home/zsh/site-functions/_sonocode
        fish_file=${XDG_CONFIG_HOME:-$HOME/.config}/fish/completions/sonocode.fish
    fi
}

# ---------------------------------------------------------------- what is needed

# Finds everything that is missing and says it once. Ends the run where nothing can be built, or no demo shown.
check() {
    step "checking what sonocode needs"
    no_build='' no_judge='' packages=''
    check_rust
    check_compilers
    check_engine

    [ -n "$no_build$no_judge" ] || return 0
    if [ -n "$with_docker" ] && [ -z "$rust_missing" ]; then
        return 0 # the rest is what --with-docker mends
    fi
    say ""
    if [ -n "$no_build" ]; then
        fail "nothing was installed: mend what is missing above, then run this again$(hint_with_docker)"
    elif [ -n "$demo" ]; then
        fail "nothing was installed: the demo needs what is missing above$(hint_with_docker)"
    fi
    say "That is needed to judge, not to build: going on. \`sonocode doctor\` will tell what is still missing."
}

hint_with_docker() { [ -n "$with_docker" ] || ! has apt-get || printf '%s' " (--with-docker installs compilers and the engine)"; }

ok() { say "  ok       $*"; }
missing() { # WHAT COMMAND
    say "  missing  $1"
    say "           mend: $2"
}

check_rust() {
    rust_missing=''
    if ! has cargo; then # rustup's directory is often not yet on PATH in the shell that installed it
        cargo_bin=${CARGO_HOME:-${HOME:-/root}/.cargo}/bin
        [ ! -x "$cargo_bin/cargo" ] || PATH=$PATH:$cargo_bin
    fi
    found=$(rustc --version 2>/dev/null) || found=''
    number=$(printf '%s' "$found" | sed -n 's/^rustc \([0-9]*\.[0-9]*\).*/\1/p')
    if [ -z "$number" ] || ! cargo --version >/dev/null 2>&1; then
        rust_missing=1
        if has rustup; then
            missing "Rust 1.90 or newer (cargo and rustc): rustup is here, but has no toolchain" "rustup default stable"
        else
            missing "Rust 1.90 or newer (cargo and rustc)" "install it with rustup, https://rustup.rs"
        fi
    elif [ "${number%.*}" -lt 1 ] || { [ "${number%.*}" -eq 1 ] && [ "${number#*.}" -lt 90 ]; }; then
        rust_missing=1
        if has rustup; then
            missing "Rust 1.90 or newer; this is $number" "rustup update stable"
        else
            missing "Rust 1.90 or newer; this is $number" "install a newer one with rustup, https://rustup.rs"
        fi
    else
        ok "$found"
    fi
    [ -z "$rust_missing" ] || no_build=1
}

check_compilers() {
    if ! has cc; then
        no_build=1
        need gcc
        missing "a C compiler and linker (cc)" "$(command_for c)"
    else
        ok "cc ($(command -v cc))"
    fi
    # The agent inside a cell is linked statically. Without cc this cannot be tried, and cc's packages bring it mostly.
    if has cc && ! can_link_statically; then
        no_build=1
        need libc6-dev
        missing "a C library to link statically (libc.a)" "$(command_for static)"
    elif has cc; then
        ok "static C library"
    fi
    if ! has g++; then
        no_judge=1
        need g++
        missing "a C++ compiler (g++), to judge C++ programs with" "$(command_for c++)"
    else
        ok "g++ ($(command -v g++))"
    fi
}

need() { packages="$packages $1"; }

can_link_statically() {
    echo 'int main(void) { return 0; }' >"$scratch/static.c"
    cc -static -o "$scratch/static" "$scratch/static.c" >/dev/null 2>&1
}

check_engine() {
    engine_missing=''
    if engine_says=$("$here/scripts/engine.sh" status 2>&1); then
        ok "$(printf '%s\n' "$engine_says" | sed -n '1s/^engine: //p')"
    else
        no_judge=1
        engine_missing=1
        mend=$(printf '%s\n' "$engine_says" | sed -n 's/^engine: *mend: //p' | head -n 1)
        missing "$(printf '%s\n' "$engine_says" | sed -n '1s/^engine: //p')" "${mend:-./install.sh --with-docker, or start the engine you have}"
    fi
}

# The command of this machine's package manager that brings a C compiler, a C++ compiler or a static C library.
command_for() {
    as=''
    is_root || as='sudo '
    if has apt-get; then
        case $1 in c) names='gcc libc6-dev' ;; c++) names=g++ ;; static) names=libc6-dev ;; esac
        echo "${as}apt-get install -y $names"
    elif has dnf; then
        case $1 in c) names='gcc glibc-static' ;; c++) names=gcc-c++ ;; static) names=glibc-static ;; esac
        echo "${as}dnf install -y $names"
    elif has zypper; then
        case $1 in c) names='gcc glibc-devel-static' ;; c++) names=gcc-c++ ;; static) names=glibc-devel-static ;; esac
        echo "${as}zypper install -y $names"
    elif has pacman; then
        echo "${as}pacman -S --needed gcc glibc"
    elif has apk; then
        echo "${as}apk add build-base"
    else
        echo "install gcc, g++ and a static C library (libc.a) with your package manager"
    fi
}

# ---------------------------------------------------------------- --with-docker

provide() {
    if [ -n "$packages" ]; then
        has apt-get || fail "--with-docker installs packages on Debian and Ubuntu only; mend what is missing above"
        step "installing$packages (this can take a minute)"
        as_root apt-get update -qq >/dev/null || say "apt-get update had errors; going on with what it has"
        # shellcheck disable=SC2086 # a list of names
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install \
            -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 \
            libc6-dev $packages </dev/null >/dev/null || fail "apt-get could not install:$packages"
        can_link_statically || fail "cc still cannot link a static program; try: cc -static -o /dev/null $scratch/static.c"
        ! is_root || export SONOCODE_APT_UPDATED=1
    fi
    if [ -n "$engine_missing" ]; then
        step "installing and starting a Docker engine"
        "$here/scripts/engine.sh" start || fail "no Docker engine answers yet: see above, then run this again"
    fi
}

as_root() {
    if is_root; then
        "$@"
    elif has sudo; then
        say "using sudo for: $*"
        sudo "$@"
    else
        fail "this needs root, and there is no sudo here: $*"
    fi
}

# ---------------------------------------------------------------- build and install

build() {
    step "cargo build --release --locked"
    cd "$here"
    cargo build --release --locked >&2 || fail "the build failed; nothing was installed"
    target=${CARGO_TARGET_DIR:-$(cargo metadata --locked --no-deps --format-version 1 | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')}
    built=$target/release/sonocode
    [ -x "$built" ] || fail "the build left no $built"
}

install_files() {
    step "installing to $bin_dir"
    put "$built" "$bin_dir/sonocode" 755
    say "  $bin_dir/sonocode  $("$bin_dir/sonocode" --version 2>/dev/null || true)"
    put_completions bash "$bash_file"
    ! has zsh || put_completions zsh "$zsh_file"
    ! has fish || put_completions fish "$fish_file"
}

# Whole or not at all: a running sonocode keeps its old file, and nobody ever sees half a new one.
put() { # FROM TO MODE
    mkdir -p "$(dirname "$2")" || fail "could not make the directory of $2"
    incoming=$2.new.$$
    if cp "$1" "$incoming" && chmod "$3" "$incoming" && mv -f "$incoming" "$2"; then
        return 0
    fi
    rm -f "$incoming"
    fail "could not write $2"
}

put_completions() { # SHELL FILE
    if "$bin_dir/sonocode" completions "$1" >"$scratch/completions" 2>/dev/null </dev/null && [ -s "$scratch/completions" ]; then
        put "$scratch/completions" "$2" 644
        say "  $2"
    fi
}

farewell() {
    say ""
    case ":$PATH:" in
        *":$bin_dir:"*)
            first=$(command -v sonocode || true)
            if [ "$first" = "$bin_dir/sonocode" ]; then
                say "Installed. Try: sonocode demo"
            else
                say "Installed, but another sonocode comes first on PATH: $first"
            fi
            ;;
        *)
            say "Installed, but $bin_dir is not on PATH. For this shell, and in its start-up file for the next ones:"
            say "  export PATH=\"$bin_dir:\$PATH\""
            ;;
    esac
    if [ -f "$zsh_file" ] && [ -z "$prefix" ]; then
        say "zsh finds its completions with this in ~/.zshrc, before compinit: fpath=($(dirname "$zsh_file") \$fpath)"
    fi
    if [ -n "$prefix" ]; then
        say "Uninstall with: $here/install.sh --uninstall --prefix $prefix"
    else
        say "Uninstall with: $here/install.sh --uninstall"
    fi
}

uninstall() {
    removed=''
    for file in "$bin_dir/sonocode" "$bash_file" "$zsh_file" "$fish_file"; do
        if [ -e "$file" ] || [ -L "$file" ]; then
            rm -f "$file"
            say "removed $file"
            removed=1
        fi
    done
    [ -n "$removed" ] || say "nothing to remove: no sonocode in $bin_dir"
    if [ -z "$prefix" ] && [ -d "$data_home/sonocode" ]; then
        say "kept $data_home/sonocode: the submissions and problems there are yours; remove it by hand"
    fi
}

main "$@"
