#!/usr/bin/env bash
# A device of EdgeFlow OTA in bash, with curl, OpenSSL 3 and jq (README.md). What it follows is docs/device-protocol.md.
set -euo pipefail
export LC_ALL=C

: "${EDGEFLOW_ORIGIN:=https://localhost:8443}" "${EDGEFLOW_CA:?a file with the CA of the origin}"
: "${DEVICE_ID:?}" "${DEVICE_MODEL:?}" "${DEVICE_DIR:?a folder of its own}"
cd -- "$DEVICE_DIR"
[[ -e version ]] || echo "${DEVICE_VERSION:-1.0.0}" > version

say() { echo "$(date -u +%FT%TZ) $*"; }
b64url() { base64 -w 0 | tr '+/' '-_' | tr -d '='; }
from_b64url() {
  local text
  text=$(tr -- '-_' '+/')
  while ((${#text} % 4)); do text+='='; done
  base64 -d <<< "$text"
}

# --- Who it is: a key that never leaves it, registered once with a claim token. ---

register() {
  [[ -e device.pem ]] || (umask 077 && openssl genpkey -algorithm ed25519 -out device.pem)
  [[ -e registration.json ]] && return
  local claim x body
  claim=$(< "${CLAIM_TOKEN_FILE:?the first start needs a claim token}")
  x=$(openssl pkey -in device.pem -pubout -outform DER | tail -c 32 | b64url)
  body=$(jq -n --arg id "$DEVICE_ID" --arg model "$DEVICE_MODEL" --arg x "$x" \
    '{device_id: $id, model: $model, public_key: {kty: "OKP", crv: "Ed25519", x: $x}}')
  # The token goes in by a file, not by the command line, which every user of the machine can read.
  curl -sS --fail-with-body --proto =https --cacert "$EDGEFLOW_CA" -o answer.json \
    -H @<(echo "Authorization: Claim $claim") -H 'content-type: application/json' -d "$body" "$EDGEFLOW_ORIGIN/gateway/v1/devices"
  # Trust on first use: the keys that sign its firmware are those of the first answer.
  jq --arg org "$(cut -d. -f2 <<< "$claim" | from_b64url | jq -r .org)" '{org: $org, signing: .signing}' answer.json > registration.new
  mv registration.new registration.json
  say "registered as $DEVICE_ID"
}

# A token for one tunnel, by the cloud's clock ($ahead: by how many seconds ours is behind it).
ahead=0
token() {
  local now head body
  now=$(($(date +%s) + ahead))
  head=$(printf '{"alg":"EdDSA"}' | b64url)
  body=$(jq -jcn --arg id "$DEVICE_ID" --arg org "$(jq -r .org registration.json)" --arg jti "$(openssl rand -hex 16)" --argjson now $now \
    '{iss: $id, sub: $id, org: $org, aud: "edgeflow-gateway", iat: $now, exp: ($now + 120), jti: $jti}' | b64url)
  printf '%s.%s' "$head" "$body" > to-sign
  echo "$head.$body.$(openssl pkeyutl -sign -rawin -inkey device.pem -in to-sign | b64url)"
}

# --- The tunnel: WebSocket (RFC 6455) over `openssl s_client`, since curl learns to send on one in 8.16 only. ---

# Opens it as $from and $to. @returns 1 when it is refused; the answer is in the log
connect() {
  local host=${EDGEFLOW_ORIGIN#https://} key accept line='' status='' accepted='' date=''
  [[ $host == *:* ]] || host+=:443
  coproc TLS { exec openssl s_client -quiet -verify_quiet -connect "$host" -servername "${host%:*}" -CAfile "$EDGEFLOW_CA" \
    -verify_return_error -verify_hostname "${host%:*}" 2> tls.log; }
  # Bash takes the two away as soon as it learns that openssl has ended.
  exec {from}<&"${TLS[0]-}" {to}>&"${TLS[1]-}" || { say "no connection: $(tail -n 1 tls.log)"; return 1; }
  key=$(openssl rand -base64 16)
  printf '%s\r\n' 'GET /gateway/v1/tunnel HTTP/1.1' "Host: $host" 'Connection: Upgrade' 'Upgrade: websocket' 'Sec-WebSocket-Version: 13' \
    "Sec-WebSocket-Key: $key" 'Sec-WebSocket-Protocol: edgeflow.ota.v1' "Authorization: Bearer $(token)" '' >&"$to" 2> /dev/null || true
  IFS= read -r -t 20 status <&"$from" || { say "no answer: $(tail -n 1 tls.log)"; return 1; }
  while IFS= read -r -t 20 line <&"$from" && line=${line%$'\r'} && [[ $line ]]; do
    case ${line,,} in
      sec-websocket-accept:*) accepted=${line#*: } ;;
      date:*) date=${line#*: } ;;
    esac
  done
  accept=$(printf '%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11' "$key" | openssl dgst -sha1 -binary | base64)
  [[ $status == *' 101 '* && $accepted == "$accept" ]] && return
  say "refused: ${status%$'\r'}"
  # The cloud says what time it is; the next token is signed by its clock.
  [[ $date ]] && ahead=$(($(date -d "$date" +%s) - $(date +%s)))
  return 1
}

# Sends one frame. $1: its opcode (1 text, 8 close, 10 pong), $2: its payload
send() {
  local -a bytes mask
  local out byte i n
  read -r -d '' -a bytes < <(printf '%s' "$2" | od -An -v -tu1) || true
  read -r -a mask < <(od -An -N4 -tu1 /dev/urandom)
  n=${#bytes[@]}
  if ((n < 126)); then printf -v out '\\x%02x\\x%02x' $((128 | $1)) $((128 | n));
  else printf -v out '\\x%02x\\xfe\\x%02x\\x%02x' $((128 | $1)) $((n >> 8)) $((n & 255)); fi
  printf -v byte '\\x%02x' "${mask[@]}"
  out+=$byte
  for ((i = 0; i < n; i++)); do
    printf -v byte '\\x%02x' $((bytes[i] ^ mask[i % 4]))
    out+=$byte
  done
  # In one write: the update sends from a process of its own.
  # A tunnel that has ended is noticed where it is read.
  printf '%b' "$out" >&"$to" 2> /dev/null || true
}

# Waits for a frame: $opcode and $payload. @returns 1 when the tunnel has ended, or nothing came, not even a ping, for 100 s
receive() {
  local -a head
  read -r -a head < <(timeout 100 head -c 2 <&"$from" | od -An -tu1) || return 1
  ((${#head[@]} == 2)) || return 1
  opcode=$((head[0] & 15))
  local n=$((head[1] & 127))
  if ((n == 126)); then
    read -r -a head < <(head -c 2 <&"$from" | od -An -tu1)
    n=$((head[0] << 8 | head[1]))
  fi
  payload=$(head -c "$n" <&"$from" | tr -d '\0')
}

tell() { send 1 "$(jq -jcn "$@")"; }

# --- An update: what its manifest says, the image, its hash, the slot. ---

# Why the update in $1 must not be installed: a code on stdout. Nothing: it may.
objection() {
  local update=$1 manifest head body signature x claims
  manifest=$(jq -r '.manifest // empty' <<< "$update")
  if [[ ! $manifest ]]; then
    [[ $(jq -r .signing.signature registration.json) == optional ]] || echo signature-invalid
    return
  fi
  IFS=. read -r head body signature <<< "$manifest"
  x=$(jq -r --arg kid "$(from_b64url <<< "$head" | jq -r .kid)" '.signing.keys[] | select(.kid == $kid) | .public_key.x' registration.json)
  # A public key of Ed25519 in DER is these twelve bytes and its 32 (RFC 8410).
  { printf '\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00'; from_b64url <<< "$x"; } > signer.der
  from_b64url <<< "$signature" > signature
  printf '%s.%s' "$head" "$body" > signed
  openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey signer.der -sigfile signature -in signed > /dev/null 2>&1 ||
    { echo signature-invalid; return; }
  claims=$(from_b64url <<< "$body")
  jq -r --argjson update "$update" --arg org "$(jq -r .org registration.json)" --arg model "$DEVICE_MODEL" \
    --argjson now $(($(date +%s) + ahead)) --argjson highest "$(cat counter 2> /dev/null || echo 0)" '
      def seconds: if type == "number" then . else sub("\\.[0-9]+"; "") | fromdateiso8601 end;
      if .org != $org or .version != $update.version or .sha256 != $update.sha256 or .size != $update.size then "manifest-mismatch"
      elif (.models | index($model)) == null then "wrong-model"
      elif (.expires_at | seconds) <= $now then "manifest-expired"
      elif .release_counter < $highest and (.allow_downgrade or $update.rollback | not) then "downgrade-refused"
      else empty end' <<< "$claims"
}

# Takes the update in $1 and ends the tunnel for the reboot, or says why not. Runs beside the tunnel, which answers pings meanwhile.
take() {
  local id code
  id=$(jq -r .update_id <<< "$1")
  phase() { tell --arg id "$id" --arg phase "$1" --argjson n "$2" '{type: "progress", update_id: $id, phase: $phase, progress: $n}'; }
  failed() {
    say "update $id failed: $1"
    tell --arg id "$id" --arg code "$1" --arg text "$2" '{type: "failed", update_id: $id, code: $code, message: $text}'
  }
  code=$(objection "$1")
  [[ ! $code ]] || { failed "$code" 'the manifest says so'; return; }
  if [[ -e busy ]]; then
    # Somebody uses the device: not now. The cloud offers the update again then, whatever happens to this tunnel.
    tell --arg id "$id" --argjson s "${POSTPONE_S:-3600}" --rawfile why busy '{type: "postpone", update_id: $id, for_s: $s, reason: $why[:256]}'
    return
  fi
  phase downloading 0
  curl -sS --fail --proto =https --cacert "$EDGEFLOW_CA" --retry 5 -o image.part "$(jq -r .url <<< "$1")" ||
    { failed download-failed "curl ended with $?"; return; }
  phase verifying 80
  [[ $(sha256sum < image.part | cut -c-64) == "$(jq -r .sha256 <<< "$1")" ]] || { failed checksum-mismatch 'another SHA-256'; return; }
  phase installing 90
  sync image.part
  mv image.part image.bin
  jq -r '.manifest // empty' <<< "$1" | cut -d. -f2 | from_b64url | jq .release_counter > counter.next || true
  jq -r .version <<< "$1" > version.next
  phase rebooting 95
  send 8 ''
}

# What the board's boot loader does: the new version runs.
boot() {
  [[ ! -s counter.next ]] || mv counter.next counter
  [[ ! -e version.next ]] || mv version.next version
  boot_id=$(openssl rand -hex 8)
  say "booted $(< version)"
}

# One tunnel, from the hello to its end.
serve() {
  local update='' job=''
  tell --arg version "$(< version)" --arg model "$DEVICE_MODEL" --arg boot "$boot_id" \
    '{type: "hello", version: $version, model: $model, boot_id: $boot, agent: "example-bash"}'
  while receive; do
    case $opcode in
      8) break ;;
      9) send 10 "$payload" ;;
      1)
        say "cloud: $(jq -r '[.type, .version, .code, .detail] | map(values) | join(" ")' <<< "$payload")"
        case $(jq -r .type <<< "$payload") in
          update)
            # The same update may come twice.
            if [[ $job && $update == "$(jq -r .update_id <<< "$payload")" ]] && kill -0 "$job" 2> /dev/null; then continue; fi
            update=$(jq -r .update_id <<< "$payload")
            take "$payload" &
            job=$!
            ;;
          cancel) [[ ! $job || -e version.next ]] || { kill "$job" 2> /dev/null || true; job=''; } ;;
        esac
        ;;
    esac
  done
  [[ ! $job ]] || { kill "$job" 2> /dev/null || true; wait "$job" 2> /dev/null || true; }
}

end() {
  exec {from}<&- {to}>&- || true
  [[ ! ${TLS_PID:-} ]] || { kill "$TLS_PID" 2> /dev/null || true; wait "$TLS_PID" 2> /dev/null || true; }
}
trap 'end; kill $(jobs -p) 2> /dev/null || true' EXIT
trap 'exit 0' TERM INT
# What is written to a tunnel that has ended, or never began, must not end the device: it connects again.
trap : PIPE

register
boot
while true; do
  if connect; then serve; fi
  end
  if [[ -e version.next ]]; then boot; else sleep $((RANDOM % 5 + 1)); fi
done
