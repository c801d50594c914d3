#!/bin/sh
# A Debian root file system as a tar on stdout: base.sh <mirror> <package>,...
set -eu
exec mmdebstrap --quiet --variant=minbase --include="$2" \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
  trixie - "$1"
