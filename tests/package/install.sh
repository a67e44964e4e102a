#!/usr/bin/env bash
# Installs into a prefix, moves the prefix, and uses everything from its new place as a stranger would: the program,
# both libraries, the header in C and C++, the example with pkg-config and with CMake. DESTDIR as packagers use it.
#   HOMEROOM_SOURCE, HOMEROOM_BUILD   where; CC, CXX (empty: none), EXAMPLE_FLAGS   with what
set -euo pipefail
export LC_ALL=C.UTF-8
: "${HOMEROOM_SOURCE:?}" "${HOMEROOM_BUILD:?}" "${CC:?}"
read -ra flags <<<"${EXAMPLE_FLAGS:-}"
unset HOMEROOM_DB HOMEROOM_MODELS HOMEROOM_THREADS HOMEROOM_FPS DESTDIR
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
ok() { printf 'ok: %s\n' "$*"; }
fail() {
    printf 'FAILED: %s\n' "$*"
    failures=$((failures + 1))
}
# same WHAT EXPECTED GOT
same() {
    if [ "$2" = "$3" ]; then
        ok "$1"
    else
        fail "$1: expected"
        printf '%s\n--- and not\n%s\n' "$2" "$3"
    fi
}

# holds WHAT COMMAND...
holds() {
    local what=$1
    shift
    if "$@"; then
        ok "$what"
    else
        fail "$what: not so"
    fi
}

cmake --install "$HOMEROOM_BUILD" --prefix "$work/first place" >/dev/null
prefix="$work/moved"
mv "$work/first place" "$prefix"
library=$(find "$prefix" -name libhomeroom.so -printf '%h\n')

for file in bin/homeroom include/homeroom.h share/homeroom/models/centerface.hrm share/homeroom/models/dlib-resnet.hrm; do
    [ -s "$prefix/$file" ] || fail "$file was not installed"
done
[ -n "$(find "$prefix/share/doc" -name LICENSE)" ] || fail "the licence was not installed"
if [ -f "$HOMEROOM_SOURCE/docs/homeroom.1" ] && [ ! -s "$prefix/share/man/man1/homeroom.1" ]; then
    fail "the manual page was not installed"
fi
leaked=$(grep -rlF -e "$work" -e "$HOMEROOM_SOURCE" --include='*.pc' --include='*.cmake' "$prefix" || true)
same "no path of the build in what other programs read" "" "$leaked"

# Exactly the functions that the header marks.
wanted=$(sed 's://.*$::' "$prefix/include/homeroom.h" | tr '\n' ' ' | grep -oE 'HR_API [^(;]*\(' |
    grep -oE 'hr_[a-z_]+ ?\($' | tr -d ' (' | sort)
[ "$(wc -l <<<"$wanted")" -ge 15 ] || fail "the header's functions were not understood: $wanted"
exported() { awk '$2 ~ /^[A-TV-Z]$/ && $3 !~ /^(__|_init$|_fini$|_edata$|_end$)/ { print $3 }' | sort -u; }
same "the shared library exports the header's functions" "$wanted" \
    "$(nm -D --defined-only --format=posix "$library/libhomeroom.so" | awk '{ print "-", $2, $1 }' | exported)"
same "the static library defines the header's functions" "$wanted" \
    "$(nm -g --defined-only --format=posix "$library/libhomeroom.a" | awk 'NF > 2 { print "-", $2, $1 }' | exported)"
soname=$(readelf -d "$library/libhomeroom.so" | sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p')
holds "the soname $soname is there" test -n "$soname" -a -e "$library/$soname"

# The header by itself.
echo '#include <homeroom.h>' >"$work/header.c"
for standard in c11 c17; do
    holds "the header is $standard" "$CC" -std=$standard -Wall -Wextra -pedantic -Werror -fsyntax-only \
        -I"$prefix/include" "$work/header.c"
done
if [ -n "${CXX:-}" ]; then
    holds "the header is C++" "$CXX" -x c++ -std=c++11 -Wall -Wextra -pedantic -Werror -fsyntax-only \
        -I"$prefix/include" "$work/header.c"
else
    echo "SKIPPED: there is no C++ compiler: the header was not tried in C++"
fi

# A small class: one photo enrolled, another recognised (a still image is a video of one frame).
photos=$HOMEROOM_SOURCE/build/photos
printf 'id,name,major,year\n44,Barack Obama,constitutional_law,senior\n' >"$work/students.csv"
db=$work/class/homeroom.db
program=$prefix/bin/homeroom
"$program" --db "$db" --quiet import students "$work/students.csv"
"$program" --db "$db" --quiet enroll 44 "$photos/obama.jpg" >/dev/null
answer=$("$program" --db "$db" --quiet recognize --out - "$photos/obama2.jpg" | tr -d '\r')
same "the moved program finds its models and recognises" $'name,major,year\nBarack Obama,constitutional_law,senior' \
    "$answer"

expected=$'Barack Obama: constitutional_law, senior, from 0.0 s to 0.0 s\n0 unknown'
example=$prefix/share/doc/homeroom/examples
[ -d "$example" ] || example=$(dirname "$(find "$prefix" -name recognize.c)")
export PKG_CONFIG_PATH=$library/pkgconfig
models=$(pkg-config --variable=modeldir homeroom)
# shellcheck disable=SC2046 # words are wanted
"$CC" -Wall -Wextra -Werror "${flags[@]}" "$example/recognize.c" -o "$work/by-pkg-config" \
    $(pkg-config --cflags --libs homeroom)
same "the example with pkg-config" "$expected" \
    "$(LD_LIBRARY_PATH=$library "$work/by-pkg-config" "$db" "$models" "$photos/obama2.jpg")"

# The static library holds homeroom; the libraries of others stay shared, and homeroom.pc names them.
# shellcheck disable=SC2046
"$CC" "${flags[@]}" "$example/recognize.c" -o "$work/static" $(pkg-config --cflags homeroom) "$library/libhomeroom.a" \
    $(pkg-config --libs $(pkg-config --print-requires-private homeroom)) -lm -pthread
same "the example with the static library" "$expected" "$("$work/static" "$db" "$models" "$photos/obama2.jpg")"
if readelf -d "$work/static" | grep -q 'NEEDED.*libhomeroom'; then
    fail "the static example asks for the shared library"
fi

if ! cmake -S "$example" -B "$work/by-cmake" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_COMPILER="$CC" \
    -DCMAKE_C_FLAGS="${flags[*]}" >"$work/cmake.log" 2>&1 || ! cmake --build "$work/by-cmake" >>"$work/cmake.log" 2>&1; then
    tail -20 "$work/cmake.log"
    fail "the example does not build with find_package(homeroom)"
fi
grep -qF "models: $prefix/share/homeroom/models" "$work/cmake.log" || fail "homeroom_MODEL_DIR is wrong"
same "the example with CMake" "$expected" "$("$work/by-cmake/recognize" "$db" "$models" "$photos/obama2.jpg")"
status=0
"$work/by-cmake/recognize" "$work/none.db" "$models" "$photos/obama2.jpg" 2>"$work/error" || status=$?
same "the example says what is wrong" "1 recognize: yes" "$status $(sed 's/:.*none\.db.*/: yes/' "$work/error")"

DESTDIR=$work/staging cmake --install "$HOMEROOM_BUILD" --prefix /usr >/dev/null
holds "DESTDIR" test -x "$work/staging/usr/bin/homeroom"
staged=$(find "$work/staging" -name homeroom.pc)
folder=$(PKG_CONFIG_PATH=${staged%/*} pkg-config --variable=includedir homeroom)
holds "homeroom.pc below DESTDIR finds the header" test -f "$folder/homeroom.h"

echo
[ "$failures" -eq 0 ] || echo "$failures failed"
exit "$((failures > 0))"
