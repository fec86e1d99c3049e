#!/bin/sh
# Checks the documentation against what is there: relative links in *.md, every subcommand and option of `sonocode` that
# README.md and docs/ mention, against the --help of a built binary, and the tests that docs/imports.md names.
set -eu

usage() {
    cat <<'USAGE'
Usage: scripts/check-docs.sh BINARY

Fails when a relative link in a tracked or new *.md file leads nowhere (a file or a heading that is not there), when
README.md or docs/*.md mention a `sonocode` subcommand or a --flag that BINARY's --help does not know, or when a rule in
docs/imports.md names no test, or one that is not there.

  scripts/check-docs.sh target/debug/sonocode
USAGE
}

say() { printf '%s\n' "$*" >&2; }

main() {
    case ${1:-} in
        -h | --help) usage; exit 0 ;;
    esac
    [ $# -eq 1 ] || { usage >&2; exit 2; }
    case $1 in
        /*) binary=$1 ;;
        *) binary=$PWD/$1 ;;
    esac
    [ -x "$binary" ] || { say "check-docs: $1 is no program; build it with \`cargo build\`"; exit 2; }
    CDPATH='' cd -- "$(dirname -- "$0")/.."

    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    : >"$work/wrong"
    git ls-files --cached --others --exclude-standard -- '*.md' >"$work/pages"
    links
    helps ''
    sort -u "$work/known-flags" -o "$work/known-flags"
    sort -u "$work/known-commands" -o "$work/known-commands"
    # shellcheck disable=SC2046 # names of our own, without spaces
    set -- README.md $(ls docs/*.md)
    commands "$@"
    flags "$@"
    rules docs/imports.md

    if [ -s "$work/wrong" ]; then
        sort -u "$work/wrong" >&2
        say "check-docs: $(sort -u "$work/wrong" | wc -l | tr -d ' ') mistakes"
        exit 1
    fi
    say "check-docs: $(wc -l <"$work/pages" | tr -d ' ') pages, $(wc -l <"$work/known-commands" | tr -d ' ') commands," \
        "$(wc -l <"$work/known-flags" | tr -d ' ') options: all there"
}

wrong() { printf '%s\n' "$*" >>"$work/wrong"; }

# ---------------------------------------------------------------- links

# A page without its code: neither fenced blocks nor code in a line have links.
prose() {
    # shellcheck disable=SC2016 # backquotes as they are
    awk '/^[ ]*```/ { code = !code; print ""; next } { print code ? "" : $0 }' "$1" | sed 's/`[^`]*`//g'
}

links() {
    while IFS= read -r page; do
        # One a line: LINE:TARGET.
        prose "$page" | awk '{
            rest = $0
            while (match(rest, /\]\([^)]*\)/)) {
                print NR ":" substr(rest, RSTART + 2, RLENGTH - 3)
                rest = substr(rest, RSTART + RLENGTH)
            }
        }' >"$work/links"
        while IFS=: read -r line target; do
            link "$page" "$line" "$target"
        done <"$work/links"
    done <"$work/pages"
}

link() { # PAGE LINE TARGET
    case $3 in
        http://* | https://* | mailto:*) return 0 ;;
    esac
    path=${3%%#*}
    if [ -z "$path" ]; then
        path=$1
    else
        path=$(dirname -- "$1")/$path
    fi
    if [ ! -e "$path" ]; then
        wrong "$1:$2: the link leads nowhere: $3"
        return 0
    fi
    case $3 in
        *.md\#* | \#*) headings "$path" | grep -qxF -- "${3#*#}" || wrong "$1:$2: there is no such heading: $3" ;;
    esac
}

# The anchors of a page, as GitHub makes them of its headings.
headings() {
    awk '/^[ ]*```/ { code = !code; next } !code && /^#+ / { sub(/^#+ +/, ""); print }' "$1" |
        tr '[:upper:]' '[:lower:]' | sed 's/[^a-z0-9 _-]//g; s/ /-/g'
}

# ---------------------------------------------------------------- commands and options

# Walks through the help of a command and of those below it.
helps() { # COMMAND…, one word
    # shellcheck disable=SC2086 # a list of words
    "$binary" $1 --help >"$work/help" 2>/dev/null || { wrong "\`sonocode $1 --help\` failed"; return 0; }
    grep -oE -- '--[a-z][a-z-]*' "$work/help" >>"$work/known-flags" || true
    printf '%s\n' "$1" >>"$work/known-commands"
    # shellcheck disable=SC2013 # words are what is wanted
    for below in $(awk '/^Commands:/ { on = 1; next } /^[^ ]/ { on = 0 } on && /^  [a-z]/ { print $1 }' "$work/help"); do
        [ "$below" = help ] || helps "${1:+$1 }$below"
    done
}

# What stands after `sonocode` where a command is meant: in code, in a line or in a block, not in prose.
commands() { # PAGES
    # shellcheck disable=SC2016 # dollars and backquotes as they are
    for page; do
        awk '
            /^[ ]*```/ { code = !code; next }
            code && /(^|[ $(|&;])sonocode [a-z]/ { print NR ":" $0; next }
            { rest = $0
              while (match(rest, /`[^`]*`/)) {
                  piece = substr(rest, RSTART + 1, RLENGTH - 2)
                  if (piece ~ /(^|[ (])sonocode [a-z]/) print NR ":" piece
                  rest = substr(rest, RSTART + RLENGTH)
              } }' "$page" >"$work/mentions"
        while IFS=: read -r line text; do
            # What a program says of itself (`sonocode 0.1.0 …`) and paths do not match.
            printf '%s\n' "$text" | grep -oE '(^|[ $(|&;])sonocode [a-z][a-z-]*( [a-z][a-z-]*)?' |
                sed 's/^.*sonocode //' >"$work/words" || true
            while read -r first second; do
                if ! grep -qx -- "$first" "$work/known-commands"; then
                    wrong "$page:$line: there is no \`sonocode $first\`"
                elif [ -n "$second" ] && grep -q "^$first " "$work/known-commands" &&
                    ! grep -qx -- "$first $second" "$work/known-commands"; then
                    wrong "$page:$line: there is no \`sonocode $first $second\`"
                fi
            done <"$work/words"
        done <"$work/mentions"
    done
}

# Options in lines that mention `sonocode`, and in code on its own such as `--watch`. Those of other programs (curl,
# docker, install.sh) stand in lines that mention them and not `sonocode`.
flags() { # PAGES
    # shellcheck disable=SC2016 # backquotes as they are
    for page; do
        awk '
            /^[ ]*```/ { code = !code; next }
            code { if ($0 ~ /(^|[ $(|&;])sonocode [a-z]/) print NR ":" $0; next }
            { rest = $0
              while (match(rest, /`[^`]*`/)) {
                  piece = substr(rest, RSTART + 1, RLENGTH - 2)
                  if (piece ~ /^(-[a-z]|--[a-z])/ || piece ~ /(^|[ (])(sonocode|serve|submit|watch|run|rejudge|add|verify) .*--/)
                      print NR ":" piece
                  rest = substr(rest, RSTART + RLENGTH)
              } }' "$page" >"$work/mentions"
        while IFS=: read -r line text; do
            # Of a line with several programs, the parts that are ours, from `sonocode` on.
            case $text in
                *'sonocode '*) printf '%s\n' "$text" | tr '|;&' '[\n*]' | sed -n 's/^.*sonocode /sonocode /p' ;;
                *) printf '%s\n' "$text" ;;
            esac | grep -oE -- '(^| )--[a-z][a-z-]*' | tr -d ' ' >"$work/words" || true
            while read -r flag; do
                grep -qx -- "$flag" "$work/known-flags" || installer_knows "$flag" ||
                    wrong "$page:$line: no command has $flag"
            done <"$work/words"
        done <"$work/mentions"
    done
}

# ---------------------------------------------------------------- tests

# A table whose head is "rule | tests": each row names files, and after a file the tests in it.
rules() { # PAGE
    # One a line: LINE PIECE, where a row's pieces are what stands in code in its second column.
    # shellcheck disable=SC2016 # backquotes as they are
    awk -F'|' '
        /^\| rule \| tests \|$/ { on = 1; next }
        !/^\|/ { on = 0 }
        on && !/^\| --- / { rest = $3; print NR, "row"
            while (match(rest, /`[^`]*`/)) {
                print NR, substr(rest, RSTART + 1, RLENGTH - 2)
                rest = substr(rest, RSTART + RLENGTH)
            } }' "$1" >"$work/rules"
    [ -s "$work/rules" ] || wrong "$1: there is no table of rules and their tests"
    named=1
    while read -r line piece; do
        case $piece in
            row)
                [ "$named" -gt 0 ] || wrong "$1:$line: the rule above names no test"
                named=0 file=''
                ;;
            *.rs)
                file=$piece
                [ -f "$file" ] || wrong "$1:$line: there is no $file"
                ;;
            *)
                named=$((named + 1))
                # The test's own attribute stands in the line before.
                grep -sB 1 -E "fn $piece\(" "${file:-/dev/null}" | grep -qE '#\[(tokio::)?test' ||
                    wrong "$1:$line: there is no test $piece in $file"
                ;;
        esac
    done <"$work/rules"
    [ "$named" -gt 0 ] || wrong "$1: the last rule names no test"
}

# `--with-docker` and the like in prose are those of install.sh, which has a help of its own.
installer_knows() { ./install.sh --help | grep -qE -- "(^|[ [])$1([] =]|\$)"; }

main "$@"
