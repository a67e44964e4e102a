# shellcheck shell=bash
# shellcheck source=scripts/lib.sh
# Sourced by scripts/deploy and scripts/destroy: which account, which region, and what stands there.
. "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib.sh"

name=homeroom
region=

check_name() {
    [[ $name =~ ^[a-z][a-z0-9-]{0,19}$ ]] ||
        die "--name: up to 20 small letters, digits and hyphens, for it becomes part of the buckets' names; not '$name'"
}

# What is said to Amazon goes through here. Nothing is paged, and nothing is asked in between.
cloud() { AWS_PAGER="" aws --region "$region" "$@"; }

# Leaves $account, $region and $registry.
find_account() {
    command -v aws >/dev/null || die "the aws program is not there: pip install awscli, or Debian's package awscli"
    if [ -z "$region" ]; then
        region=${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region 2>/dev/null || true)}}
    fi
    [ -n "$region" ] || die "no region is set: run 'aws configure', or say --region REGION"
    account=$(cloud sts get-caller-identity --query Account --output text) ||
        die "Amazon does not know these credentials, or cannot be reached: see above; 'aws configure' sets them"
    # Used by the scripts that source this.
    # shellcheck disable=SC2034
    case $region in
    cn-*) registry=$account.dkr.ecr.$region.amazonaws.com.cn ;;
    *) registry=$account.dkr.ecr.$region.amazonaws.com ;;
    esac
}

# output_of KEY: one of the stack's outputs; nothing when there is no such stack or output.
output_of() {
    local value
    value=$(cloud cloudformation describe-stacks --stack-name "$name" \
        --query "Stacks[0].Outputs[?OutputKey=='$1'].OutputValue | [0]" --output text 2>/dev/null) || return 0
    [ "$value" = None ] || printf '%s' "$value"
}
