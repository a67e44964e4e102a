#!/usr/bin/env bash
# Builds the infer room for arm64 and runs its check under user-mode emulation. Started by ctest:
#   neon_check.sh SOURCE WORK_FOLDER
# Exit status 77: skipped, since the cross compiler or the emulator is not there.
set -euo pipefail
source=$1
work=$2

for tool in aarch64-linux-gnu-gcc qemu-aarch64-static; do
    if ! command -v "$tool" >/dev/null; then
        echo "SKIPPED: $tool is not there, so NEON is not tested (Debian: gcc-aarch64-linux-gnu qemu-user-static)"
        exit 77
    fi
done

mkdir -p "$work/include"
# One header of this machine; its folder would hide the target's libc.
cp /usr/include/xxhash.h "$work/include/"
cd "$source"
common=(-std=gnu17 -O2 -D_GNU_SOURCE '-DHR_VERSION="cross"' -Iinclude -Isrc -Itests -isystem "$work/include"
    -Wall -Wextra -Werror -Wno-psabi -fno-math-errno)
objects=()
compile() { # SOURCE FLAG...
    local object
    object=$work/$(basename "$1" .c).o
    aarch64-linux-gnu-gcc "${common[@]}" "${@:2}" -c "$1" -o "$object"
    objects+=("$object")
}
for file in src/infer/*.c src/base/status.c src/base/view.c src/base/image.c tests/infer/small_model.c \
    tests/infer/operator_cases.c tests/infer/neon_check.c; do
    case $file in
    *_avx2.c | *_avx512.c | *_avxvnni.c | *_avx512vnni.c) ;;
    */eight_bits_neondot.c) compile "$file" -O3 -ffp-contract=off -fno-trapping-math -march=armv8.2-a+dotprod ;;
    */eight_bits_*.c) compile "$file" -O3 -ffp-contract=off -fno-trapping-math ;;
    */kernels_*.c) compile "$file" -O3 -ffp-contract=fast -fno-trapping-math ;;
    *) compile "$file" -ffp-contract=off ;;
    esac
done
aarch64-linux-gnu-gcc -static "${objects[@]}" -o "$work/neon_check" -lm -lpthread
golden=${HOMEROOM_SHARED:-}/reference/dlib-resnet-golden.txt
qemu-aarch64-static "$work/neon_check" "${HOMEROOM_MODELS:-}" "$golden"
