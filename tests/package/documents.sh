#!/usr/bin/env bash
# What the documents promise, held against the repository and the program: links, scripts, commands, options, and the
# list of what is used of others.
set -euo pipefail
export LC_ALL=C.UTF-8
: "${HOMEROOM_SOURCE:?}" "${HOMEROOM_BUILD:?}"
cd "$HOMEROOM_SOURCE"
program=$HOMEROOM_BUILD/bin/homeroom
failures=0
fail() {
    printf 'FAILED: %s\n' "$*"
    failures=$((failures + 1))
}
mapfile -t documents < <(find . -maxdepth 1 -name '*.md' | sort; find docs src -name '*.md' | sort)
[ "${#documents[@]}" -ge 8 ] || fail "only ${#documents[@]} documents were found"

links=0
for document in "${documents[@]}"; do
    while read -r target; do
        links=$((links + 1))
        [ -e "$(dirname "$document")/${target%%#*}" ] || fail "$document: the link $target leads nowhere"
    done < <(grep -oE '\]\([^)#: ]+[^):]*\)' "$document" | sed 's/^](//; s/)$//' || true)
    # shellcheck disable=SC2016 # backquotes are meant
    # `scripts/x`, `src/x/y.c`, ... between backquotes are files or folders of the repository; THIRD-PARTY.md speaks of
    # other people's
    [ "$document" != ./THIRD-PARTY.md ] || continue
    while read -r path; do
        [ -e "$path" ] || fail "$document: there is no $path"
    done < <(grep -oE '`\.?/?(src|scripts|tools|tests|docs|bench|examples|cmake|include|deploy|\.ci)/[A-Za-z0-9_./-]+' \
        "$document" | sed 's/^`//; s/[.,]$//' | sort -u || true)
done
[ "$links" -ge 5 ] || fail "only $links links were found"

# Every command line in the documents: the command exists, and takes the options that stand there.
lines=0
# shellcheck disable=SC2016 # backquotes are meant
while IFS= read -r line; do
    lines=$((lines + 1))
    line=${line%%#*}
    read -ra words <<<"$line"
    command=${words[0]:-}
    [[ $command =~ ^[a-z]+$ ]] || continue
    if ! help=$("$program" help "$command" 2>&1); then
        fail "'homeroom $command' is no command: $help"
        continue
    fi
    for word in "${words[@]:1}"; do
        if [[ $word =~ ^(--[a-z-]+) ]] && ! grep -qE -- "${BASH_REMATCH[1]}( |,|=|$)" <<<"$help"; then
            fail "'homeroom $command' does not tell of ${BASH_REMATCH[1]}"
        fi
    done
done < <(grep -hoE '(^\$ |`)homeroom [a-z][^`]*' "${documents[@]}" | sed 's/^[$` ]*homeroom //')
[ "$lines" -ge 15 ] || fail "only $lines command lines were found"

# Everything that is fetched or linked is accounted for.
while read -r package version; do
    grep -qiE "$package $version" THIRD-PARTY.md || fail "THIRD-PARTY.md does not name $package $version"
done < <(awk '$1 == "file" { print $2, $3 }' scripts/downloads.lock)
for requirements in tools/requirements-models.txt tests/requirements.txt bench/requirements.txt; do
    while read -r package; do
        pattern=${package/#onnxruntime/onnx runtime}
        grep -qi -- "${pattern//[-_]/[-_ ]}" THIRD-PARTY.md || fail "THIRD-PARTY.md does not name $package of $requirements"
    done < <(sed -n 's/^\([A-Za-z0-9._-]*\)==.*/\1/p' "$requirements" | sort -u)
done
declare -A called=([libssl-dev]=OpenSSL [libc6-dev]=glibc [libsqlite3-dev]=SQLite [libxxhash-dev]=xxHash [libcurl4-openssl-dev]=libcurl)
while read -r package; do
    name=${called[$package]:-${package%-dev}}
    grep -qi -- "${name}" THIRD-PARTY.md || grep -qi -- "${name#lib}" THIRD-PARTY.md ||
        fail "THIRD-PARTY.md does not name $package"
done < <(awk '$1 == "build" && $2 ~ /^lib.*-dev$/ { print $2 }' scripts/debian-packages.txt)

echo "$links links, $lines command lines in ${#documents[@]} documents: $failures wrong"
exit "$((failures > 0))"
