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

# One link to the agent for the whole life: a line in is a request, a line out says whether an answer came within a quarter of a second.
until [ -S agent.sock ]; do sleep 0.02; done
coproc AGENT { perl -MIO::Socket::UNIX -MIO::Select -e '
  $| = 1;
  my $s = IO::Socket::UNIX->new(Peer => "agent.sock") or die "agent.sock: $!";
  my $w = IO::Select->new($s);
  while (my $request = <STDIN>) {
    while ($w->can_read(0)) { sysread($s, my $old, 65536) or last }
    syswrite($s, $request);
    my $came = $w->can_read(0.25) && sysread($s, my $answer, 65536);
    print $came ? "yes\n" : "no\n";
  }'; }

agent() {
  local came
  echo "$1" >&"${AGENT[1]}"
  read -r came <&"${AGENT[0]}"
  [ "$came" = yes ]
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
  agent '{"execute":"guest-exec","arguments":{"path":"/sbin/reboot"}}' || true
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
