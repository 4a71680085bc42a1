#!/usr/bin/env bash
# A Ceph cluster of one machine with its S3 gateway: a monitor, one OSD on a sparse file, radosgw. Without a manager: it
# counts and balances, which one OSD can do without, and takes longer to start than all the others. Runs as root, without
# systemd, on loopback. Takes three free ports: two for the monitor, one for the gateway.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
source common.sh

(($# == 3)) || fail "usage: ceph.sh MONITOR_PORT OLD_MONITOR_PORT S3_PORT"
monitor="[v2:127.0.0.1:$1,v1:127.0.0.1:$2]"
s3=127.0.0.1:$3
cluster=$(cat /proc/sys/kernel/random/uuid)
mkdir "$data"/{mon,osd,rgw,run}

# One copy of everything, no authentication between the daemons: nobody but this machine can reach them.
cat >"$data/ceph.conf" <<CONF
[global]
fsid = $cluster
mon_host = $monitor
public_network = 127.0.0.0/8
ms_bind_ipv6 = false
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
# Without authentication there is no key to encrypt with, which is what talking to the monitor asks for by default.
ms_mon_client_mode = crc
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 4
osd_pool_default_pgp_num = 4
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_warn_on_pool_no_redundancy = false
mon_data_avail_crit = 1
run_dir = $data/run
# A socket's path has 107 bytes at most, and a checkout may lie deep.
admin_socket =
pid_file = $data/run/\$name.pid
log_file = $data/log/\$name.log
[mon.a]
mon_data = $data/mon
[osd.0]
osd_data = $data/osd
osd_objectstore = bluestore
bluestore_block_size = 10737418240
bluestore_block_create = true
osd_memory_target = 1073741824
[client.rgw]
rgw_data = $data/rgw
rgw_frontends = beast endpoint=$s3
CONF
export CEPH_CONF=$data/ceph.conf

quietly monmaptool --create --fsid "$cluster" --addv a "$monitor" "$data/monmap"
quietly ceph-mon -i a --mkfs --monmap "$data/monmap"
daemon mon ceph-mon -i a -f
await "the monitor" ceph -s

quietly ceph osd create
truncate -s 10G "$data/osd/block" || fail "no room for the OSD's file under $data"
quietly ceph-osd -i 0 --mkfs --osd-uuid "$(cat /proc/sys/kernel/random/uuid)"
daemon osd ceph-osd -i 0 -f
await "the OSD" sh -c 'ceph osd stat | grep -q "1 up"'

quietly ceph-authtool --create-keyring "$data/rgw/keyring" --gen-key -n client.rgw
quietly ceph auth add client.rgw -i "$data/rgw/keyring" mon 'allow *' osd 'allow *' mgr 'allow *'
daemon rgw radosgw -n client.rgw -f
await "the S3 gateway" bash -c "exec 3<>/dev/tcp/127.0.0.1/$3"
quietly radosgw-admin user create --uid=upload --display-name=upload \
    --access-key=UPLOADE2EKEY --secret-key=upload-e2e-secret

serve "http://$s3" us-east-1 UPLOADE2EKEY upload-e2e-secret
