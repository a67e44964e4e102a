#!/bin/sh
# as_nobody.sh PROGRAM: runs it as the user nobody, without groups and capabilities. Exit status 77 where that takes root.
set -eu
if [ "$(id -u)" != 0 ]; then
    echo "SKIPPED: only root can become somebody else"
    exit 77
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp "$1" "$folder/program" # where it was built may be closed to others
chmod 755 "$folder" "$folder/program"
setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all "$folder/program"
