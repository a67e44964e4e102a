#!/usr/bin/env bash
# Prepares the two Python environments of test_kubernetes.py and runs it.
# shellcheck source=scripts/lib.sh
. "${HOMEROOM_SOURCE:?}/scripts/lib.sh"
environment checkov "$root/tests/deploy/requirements-checkov.txt"
HOMEROOM_CHECKOV=$(dirname "$python")/checkov
export HOMEROOM_CHECKOV
environment kubernetes "$root/tests/deploy/requirements-kubernetes.txt"
exec "$python" -B "$root/tests/deploy/test_kubernetes.py" "$@"
