#!/usr/bin/env bash
# What protects the program that users install is there: it is built as they build it, installed, and read.
set -eu

build=$HOMEROOM_BUILD/hardened
cmake -S "$HOMEROOM_SOURCE" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DHOMEROOM_TESTS=OFF \
    -DCMAKE_INSTALL_PREFIX="$build/installed" >"$build.log" 2>&1
cmake --build "$build" >>"$build.log" 2>&1
cmake --install "$build" >>"$build.log" 2>&1

failed=0
check() { # check WHAT COMMAND...
    local what=$1
    shift
    if "$@"; then
        echo "ok: $what"
    else
        echo "FAILED: $what"
        failed=1
    fi
}
machine=$(uname -m)
# shellcheck disable=SC2317 # called by check
has() { # has PATTERN READELF-OPTION...
    local pattern=$1
    shift
    # All of it is read: a pipe that ends early would be a failure of readelf's.
    readelf -W "$@" 2>/dev/null | grep -cE -- "$pattern" >/dev/null
}
# shellcheck disable=SC2317 # called by check
runs() { # runs PATTERN FILE: among its instructions, at least in ten places
    [ "$(objdump -d --no-show-raw-insn "$2" | grep -cE -- "$1")" -ge 10 ]
}
library=$(find "$build/installed" -name 'libhomeroom.so.*.*.*' -type f)
for file in "$build/installed/bin/homeroom" "$library"; do
    name=$(basename "$file")
    check "$name: relocations are read-only" has 'GNU_RELRO' -l "$file"
    check "$name: all of them, from the start" has 'BIND_NOW|FLAGS.* NOW' -d "$file"
    check "$name: its stack is no code" has 'GNU_STACK.* RW ' -l "$file"
    check "$name: stacks are guarded" has '__stack_chk_fail' --dyn-syms "$file"
    check "$name: copies are checked" has '__(memcpy|snprintf|vsnprintf|read|memset)_chk' --dyn-syms "$file"
    # That the whole file is made so is noted in it only where the C library's own start files are, too; Debian's are not.
    case $machine in
    x86_64) check "$name: indirect jumps have marked targets" runs '\bendbr64\b' "$file" ;;
    aarch64) check "$name: indirect jumps have marked targets" runs '\b(bti|paciasp)\b' "$file" ;;
    esac
done
check "homeroom: it lies anywhere in memory" has 'Type: *DYN' -h "$build/installed/bin/homeroom"
# A function with a large array touches each page of it on the way: an "or" of nothing to where the stack ends.
if [ "$machine" = x86_64 ]; then
    check "homeroom: stacks do not jump over their guard" runs 'or[lq] +[$]0x0,[(]%rsp[)]' "$build/installed/bin/homeroom"
fi
exit "$failed"
