#!/usr/bin/env bash
# A Garage node of its own on loopback. Takes the binary and three free ports: for its peers, for S3, for its
# administration.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
source common.sh

(($# == 4)) || fail "usage: garage.sh BINARY PEER_PORT S3_PORT ADMIN_PORT"
garage=$1
hex() { od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }

cat >"$data/garage.toml" <<CONF
metadata_dir = "$data/meta"
data_dir = "$data/data"
db_engine = "sqlite"
replication_factor = 1
compression_level = "none"
rpc_bind_addr = "127.0.0.1:$2"
rpc_public_addr = "127.0.0.1:$2"
rpc_secret = "$(hex 32)"
[s3_api]
s3_region = "us-east-1"
api_bind_addr = "127.0.0.1:$3"
root_domain = ".s3.localhost"
[admin]
api_bind_addr = "127.0.0.1:$4"
admin_token = "$(hex 16)"
CONF
export GARAGE_CONFIG_FILE=$data/garage.toml RUST_LOG=garage=warn

daemon garage "$garage" server
await "Garage" "$garage" status
node=$("$garage" node id -q | cut -d@ -f1)
quietly "$garage" layout assign -z here -c 10G "${node:0:16}"
quietly "$garage" layout apply --version 1

# Garage wants key ids of this form.
key=GK$(hex 12)
secret=$(hex 32)
await "Garage's tables" "$garage" key import --yes -n upload "$key" "$secret"
quietly "$garage" key allow --create-bucket "$key"

serve "http://127.0.0.1:$3" us-east-1 "$key" "$secret"
