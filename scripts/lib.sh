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
        quietly "making the Python environment '$name'" python3 -m venv "$folder"
        # setuptools first: packages that come as source are built with it.
        { grep -A2 '^setuptools==' "$requirements" || true; } | awk '/^setuptools==/ || /--hash/' |
            sed '$ s/ *\\$//' >"$folder/setuptools.txt"
        if [ -s "$folder/setuptools.txt" ]; then
            quietly "installing setuptools" "$folder/bin/python" -m pip install --quiet --no-input \
                --disable-pip-version-check --require-hashes --no-deps -r "$folder/setuptools.txt"
        fi
        quietly "installing what $(realpath --relative-to="$root" "$requirements") lists" "$folder/bin/python" -m pip \
            install --quiet --no-input --disable-pip-version-check --require-hashes --no-build-isolation \
            "$@" -r "$requirements"
        printf '%s' "$folder" >"$folder/complete"
    fi
    exec {lock}>&-
    python=$folder/bin/python
}
