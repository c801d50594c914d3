#!/bin/bash
# Stops what up.sh started in this folder, by process id. The store is in memory and nobody wants it: no ceremony.
# usage: down.sh <folder>
set -u
dir=$1
for name in client.rgw.a osd.0 mon.a; do
  pid=$(cat "$dir/run/$name.pid" 2>/dev/null) || continue
  # The pid may be another process's by now.
  grep -qF "$dir/ceph.conf" "/proc/$pid/cmdline" 2>/dev/null || continue
  kill -9 "$pid"
  while [ -d "/proc/$pid" ]; do sleep 0.05; done
done
