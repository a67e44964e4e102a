# shellcheck shell=bash
# shellcheck disable=SC2034 # some of the variables are for the script that sources this
# Sourced by the other scripts: where things lie, and how they speak.
set -euo pipefail
export LC_ALL=C.UTF-8

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${HOMEROOM_CACHE:-${XDG_CACHE_HOME:-${HOME:?HOME is not set: say HOMEROOM_CACHE=DIR}/.cache}/homeroom}
case $cache in /*) ;; *) cache=$PWD/$cache ;; esac
shared=${HOMEROOM_SHARED:-$root/../shared}

say() { printf '== %s\n' "$*"; }
warn() { printf 'WARNING: %s\n' "$*" >&2; }
die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}
unfinished= # a folder that is removed if the script ends before it is whole
trap '[ -z "$unfinished" ] || rm -rf "$unfinished"' EXIT

# quietly WHAT COMMAND...: run it; if it fails, say WHAT failed and show the end of what it printed.
quietly() {
    local what=$1 log status=0
    shift
    log=$(mktemp)
    "$@" >"$log" 2>&1 || status=$?
    if [ "$status" -ne 0 ]; then
        tail -n 40 "$log" >&2
        rm -f "$log"
        die "$what failed (exit status $status); the end of its output stands above"
    fi
    rm -f "$log"
}

# apt_get ARGUMENT...: apt-get as root or through sudo; it never asks, and waits for another apt-get.
apt_get() {
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null; then
            printf 'neither root nor sudo is at hand for: apt-get %s\n' "$*" >&2
            return 1
        fi
        as_root=(sudo)
    fi
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 "$@"
}

# pip_install PYTHON WHAT PIP OPTION...: if it fails, one line says why.
pip_install() {
    local python=$1 what=$2 log reason
    shift 2
    log=$(mktemp)
    if ! "$python" -m pip install --quiet --no-input --disable-pip-version-check --require-hashes "$@" >"$log" 2>&1; then
        # Of a broken connection pip says in the end that there is no such package.
        reason=$(sed -n "s/.*connection broken by.*> *: *\([^']*\).*/the package index cannot be reached: \1/p" "$log" | tail -n 1)
        if grep -q 'DO NOT MATCH THE HASHES' "$log"; then
            reason="a package does not match its SHA-256: $({ grep -A1 'Expected sha256' "$log" || true; } | tail -n 1 | xargs)"
        fi
        reason=${reason:-$({ grep '^ERROR:' "$log" || true; } | tail -n 1)}
        rm -f "$log"
        die "installing $what: ${reason:-pip did not say why}"
    fi
    rm -f "$log"
}

# environment NAME REQUIREMENTS [PIP OPTION...]: a virtual environment with exactly those packages, made once for
# each content of the file; leaves its python in $python. Of two runs at a time one makes it and the other waits.
environment() {
    local name=$1 requirements=$2 key folder lock
    shift 2
    mkdir -p "$cache/venv"
    exec {lock}>"$cache/venv/lock"
    flock -w 1800 "$lock" || die "another run has held $cache/venv/lock for half an hour"
    key=$(sha256sum <"$requirements" | cut -c1-12)-$(python3 -c 'import platform, sys
print("%d.%d-%s" % (*sys.version_info[:2], platform.machine()))')
    folder=$cache/venv/$name-$key
    # A moved cache has moved interpreters in it: the stamp holds the place it was made for.
    if [ "$(cat "$folder/complete" 2>/dev/null)" != "$folder" ]; then
        say "preparing the Python environment '$name' in $folder"
        rm -rf "$folder"
        unfinished=$folder
        quietly "making the Python environment '$name'" python3 -m venv "$folder"
        # setuptools first: packages that come as source are built with it.
        { grep -A2 '^setuptools==' "$requirements" || true; } | awk '/^setuptools==/ || /--hash/' |
            sed '$ s/ *\\$//' >"$folder/setuptools.txt"
        if [ -s "$folder/setuptools.txt" ]; then
            pip_install "$folder/bin/python" setuptools --no-deps -r "$folder/setuptools.txt"
        fi
        pip_install "$folder/bin/python" "what $(realpath --relative-to="$root" "$requirements") lists" \
            --no-build-isolation "$@" -r "$requirements"
        printf '%s' "$folder" >"$folder/complete"
        unfinished=
    fi
    exec {lock}>&-
    python=$folder/bin/python
}
