#!/bin/bash
# The phases of a control arm without checks, by hand: overlay, start, boot, stay up, restart, boot, stay up, soak, restart, boot,
# stay up, switch off, remove. Usage: bare-loop.sh FOLDER BASE ARGUMENTS-FILE SOAK-SECONDS (one QEMU argument a line).
set -euo pipefail
folder=$1 base=$2 soak=$4
mapfile -t words <"$3"
mkdir -p "$folder"
cd "$folder"
qemu-img create -q -f qcow2 -b "$base" -F qcow2 disk.qcow2
"${words[@]}" </dev/null >/dev/null 2>&1 &
pid=$!
trap 'kill -9 $pid 2>/dev/null || true' EXIT

agent() {
  perl -MIO::Socket::UNIX -MTime::HiRes=ualarm -e '
    my $s = IO::Socket::UNIX->new(Peer => "agent.sock") or exit 1;
    print $s $ARGV[0], "\n"; exit 0 if $ARGV[1]; ualarm 250_000; my $l = <$s>; exit($l ? 0 : 1)' "$1" "${2:-}" 2>/dev/null
}

boots=0
await_boot() {
  boots=$((boots + 1))
  until [ "$(grep -c '^ringzero: boot-finished' serial.log 2>/dev/null)" = "$boots" ] &&
    agent '{"execute":"guest-ping"}'; do
    sleep 0.05
  done
  sleep 1.5
}

restart() {
  agent '{"execute":"guest-exec","arguments":{"path":"/sbin/reboot"}}' once
}

await_boot
restart
await_boot
sleep "$soak"
restart
await_boot
kill -9 $pid
wait $pid 2>/dev/null || true
trap - EXIT
cd /
rm -rf "$folder"
