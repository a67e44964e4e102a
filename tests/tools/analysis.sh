#!/usr/bin/env bash
# Static analysis finds nothing but what tools/analyze-accepted.txt has a reason for.
set -eu
for tool in cppcheck gcc; do
    command -v "$tool" >/dev/null || { echo "NO $tool: run scripts/setup analyze" && exit 77; }
done
command -v clang-tidy >/dev/null || command -v clang-tidy-14 >/dev/null ||
    { echo "NO clang-tidy: run scripts/setup analyze" && exit 77; }
exec "$1/scripts/analyze"
