#!/bin/bash
# The libraries that the program takes from Debian as they are. After libraries.sh, so that one more of them does not
# build FFmpeg anew.
# usage: dependencies.sh ARCHITECTURE     (Debian's name: amd64, arm64)
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive

packages=()
for library in libjansson-dev libnats-dev libseccomp-dev libsodium-dev libsqlite3-dev libssl-dev libutf8proc-dev libxxhash-dev; do
    packages+=("$library:$1")
done
apt-get -q -y --no-install-recommends install "${packages[@]}"
apt-get clean
