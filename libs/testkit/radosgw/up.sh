#!/bin/bash
# Starts a one-node radosgw (one mon, one osd in memory, no mgr) on loopback, without systemd and without root.
# usage: up.sh <empty folder> <port of radosgw> <port of the mon> <access key id> <secret access key>
# radosgw answers some seconds after this script has ended. Stop it with down.sh.
set -euo pipefail
dir=$1 port=$2 mon_port=$3 access_key=$4 secret_key=$5

# A client that sends its first command before it has learned the monmap is refused ("wrong fsid", EPERM); the next try is not.
again() {
  for _ in 1 2 3 4; do
    "$@" && return
    sleep 0.3
  done
  "$@"
}

mkdir -p "$dir"/{mon/a,osd/0,rgw,run,log}
fsid=$(cat /proc/sys/kernel/random/uuid)
export CEPH_CONF="$dir/ceph.conf"
cat > "$CEPH_CONF" <<CONF
[global]
fsid = $fsid
mon initial members = a
mon host = v1:127.0.0.1:$mon_port
ms bind msgr2 = false
auth cluster required = none
auth service required = none
auth client required = none
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon warn on pool no redundancy = false
public addr = 127.0.0.1
cluster addr = 127.0.0.1
run dir = $dir/run
admin socket = $dir/run/\$name.asok
pid file = $dir/run/\$name.pid
log file = $dir/log/\$name.log
osd objectstore = memstore
memstore device bytes = 4294967296
osd max object name len = 2048
# The disk of a test machine may be nearly full; nothing of importance is kept here.
mon data avail warn = 1
mon data avail crit = 1
mon osd full ratio = .99
[mon.a]
mon data = $dir/mon/a
[osd.0]
osd data = $dir/osd/0
[client.rgw.a]
rgw data = $dir/rgw
rgw frontends = beast endpoint=127.0.0.1:$port
rgw dns name = localhost
rgw enable usage log = false
rgw thread pool size = 64
CONF

monmaptool --create --addv a "[v1:127.0.0.1:$mon_port]" --fsid "$fsid" "$dir/monmap"
ceph-mon --mkfs -i a --monmap "$dir/monmap" --mon-data "$dir/mon/a"
# The path on the command line is how down.sh knows its own.
ceph-mon -c "$CEPH_CONF" -i a
osd=$(cat /proc/sys/kernel/random/uuid)
again ceph osd new "$osd"
again ceph-osd -i 0 --mkfs --osd-uuid "$osd"
again ceph-osd -c "$CEPH_CONF" -i 0
again radosgw-admin user create --uid=test --display-name=test --access-key="$access_key" --secret-key="$secret_key"
radosgw -c "$CEPH_CONF" -n client.rgw.a
