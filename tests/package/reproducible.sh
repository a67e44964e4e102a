#!/usr/bin/env bash
# The same sources give the same bytes, wherever they lie and whenever they are built: what is installed is built twice,
# in folders of names of different lengths, with debugging information, and compared.
set -euo pipefail
export LC_ALL=C.UTF-8
: "${HOMEROOM_SOURCE:?}" "${CC:?}"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# build FOLDER JOBS TIMEZONE
build() {
    mkdir -p "$1/source"
    tar -cf - -C "$HOMEROOM_SOURCE" --exclude=./build --exclude="./build-*" --exclude=./.git --exclude=./.cache --exclude=./out . |
        tar -xmf - -C "$1/source"
    cmake -S "$1/source" -B "$1/build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DHOMEROOM_TESTS=OFF \
        -DCMAKE_C_COMPILER="$CC" -DCMAKE_C_COMPILER_LAUNCHER=env -DCMAKE_INSTALL_PREFIX=/usr >"$work/log" 2>&1 &&
        TZ=$3 cmake --build "$1/build" -j "$2" >>"$work/log" 2>&1 &&
        DESTDIR=$1/installed cmake --install "$1/build" >>"$work/log" 2>&1
}
build "$work/a" 1 UTC || { tail -n 20 "$work/log" && exit 1; }
build "$work/somewhere else and far away" 3 Pacific/Kiritimati || { tail -n 20 "$work/log" && exit 1; }

failed=0
mapfile -t files < <(cd "$work/a/installed" && find . -type f | sort)
if [ "${files[*]}" != "$(cd "$work/somewhere else and far away/installed" && find . -type f | sort | xargs)" ]; then
    echo "FAILED: not the same files are installed"
    failed=1
fi
for file in "${files[@]}"; do
    if ! cmp "$work/a/installed/$file" "$work/somewhere else and far away/installed/$file"; then
        echo "FAILED: $file differs"
        failed=1
    fi
done
echo "${#files[@]} files compared, $(find "$work/a/installed" -type f -size +100k | wc -l) of them large"
[ -f "$work/a/installed/usr/bin/homeroom" ] || failed=1
if grep -rlqF "$work" "$work/a/installed"; then
    echo "FAILED: the folder in which it was built stands in: $(grep -rlF "$work" "$work/a/installed" | tr '\n' ' ')"
    failed=1
fi
exit "$failed"
