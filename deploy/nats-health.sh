#!/bin/sh
# Whether the nats-server of this container does its work. One whose disk was full goes on refusing to store when there is room again, until it
# is started again (nats-server 2.15.1): it is ended here once there is, and `restart` of docker-compose.yml starts it.
# Needs wget, nc and df, which the image's busybox has.
at="${NATS_HTTP:-127.0.0.1:8222}"
store="${NATS_STORE:-/data}"
room_kib=65536

wget -q -O /dev/null "http://$at/healthz?js-enabled-only=true" || exit 1
# wget does not show what comes with a 503.
printf 'GET /healthz HTTP/1.0\r\n\r\n' | nc "${at%:*}" "${at#*:}" | grep -q 'write error' || exit 0
[ "$(df -Pk "$store" | awk 'NR == 2 { print $4 }')" -ge "$room_kib" ] && kill "${NATS_PID:-1}"
exit 1
