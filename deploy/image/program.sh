#!/bin/bash
# Builds homeroom, inside the image's build stage, from /homeroom with the libraries of libraries.sh.
# usage: program.sh TRIPLET
set -euo pipefail
export LC_ALL=C.UTF-8

triplet=$1
parts=/opt/homeroom-parts
export PKG_CONFIG_LIBDIR=$parts/lib/pkgconfig:/usr/lib/$triplet/pkgconfig:/usr/share/pkgconfig
cross=()
if [ "$triplet" != "$(gcc -dumpmachine)" ]; then
    cross=(-DCMAKE_TOOLCHAIN_FILE=/homeroom/cmake/aarch64.cmake)
fi
# What nothing calls is left out; every address is settled, and read-only, before main.
cmake -S /homeroom -B /build -G Ninja "${cross[@]}" -DCMAKE_BUILD_TYPE=Release -DHOMEROOM_TESTS=OFF -DHOMEROOM_WEB=OFF \
    -DPKG_CONFIG_ARGN=--static \
    -DCMAKE_C_FLAGS="-ffunction-sections -fdata-sections \
-ffile-prefix-map=/homeroom=. -ffile-prefix-map=/build=." \
    -DCMAKE_EXE_LINKER_FLAGS="-Wl,--gc-sections -Wl,--as-needed -Wl,-O1 -Wl,-z,relro -Wl,-z,now"
cmake --build /build --target homeroom
"$triplet-strip" -o /build/homeroom /build/bin/homeroom
