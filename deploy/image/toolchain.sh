#!/bin/bash
# Prepares the image's build stage: compilers, and what libraries.sh builds with, for the image's architecture.
# usage: toolchain.sh ARCHITECTURE     (Debian's name: amd64, arm64)
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive

arch=$1
mirror=${DEBIAN_MIRROR:-http://deb.debian.org}
rm -rf /etc/apt/sources.list.d/*
for kind in deb deb-src; do
    echo "$kind $mirror/debian bookworm main"
    echo "$kind $mirror/debian bookworm-updates main"
    echo "$kind $mirror/debian-security bookworm-security main"
done >/etc/apt/sources.list

packages=(ca-certificates cmake dpkg-dev g++ gcc libc6-dev make nasm ninja-build pkg-config python3)
suffix=
if [ "$arch" != "$(dpkg --print-architecture)" ]; then
    dpkg --add-architecture "$arch"
    suffix=:$arch
    packages+=("crossbuild-essential-$arch")
fi
for library in libdav1d-dev libde265-dev libjansson-dev libnats-dev libsqlite3-dev libssl-dev libutf8proc-dev libxxhash-dev zlib1g-dev; do
    packages+=("$library$suffix")
done
apt-get -q update
apt-get -q -y --no-install-recommends upgrade
apt-get -q -y --no-install-recommends install "${packages[@]}"
apt-get clean
