#!/bin/sh
# run-in-wine.sh TREE PROGRAM WORK COMMANDS DUMP…: writes WORK/answers.jsonl. TREE has Wine and is not changed: what is written there lies
# in memory. Start it with unshare --mount --pid --fork, so that no mount and no process outlives it.
set -eu
tree=$1 program=$2 work=$3
shift 3
scratch=$work/scratch
mkdir "$scratch"
mount -t tmpfs -o mode=755 tmpfs "$scratch"
root=$scratch/root
mkdir "$root" "$scratch/upper" "$scratch/work"
mount -t overlay -o "lowerdir=$tree,upperdir=$scratch/upper,workdir=$scratch/work" overlay "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mkdir "$root/engine" "$root/dumps"
mount --bind "$program" "$root/engine"
mount --bind "$work" "$root/dumps"
exec chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/bin:/bin LANG=C.UTF-8 WINEDEBUG=-all XDG_RUNTIME_DIR=/tmp \
  'WINEDLLOVERRIDES=winedbg.exe=;dbghelp,dbgeng,dbgcore,dbgmodel=n' \
  sh -c 'cd /dumps && wine /engine/debugger-engine.exe answers.jsonl "$@" >output.txt 2>&1' sh "$@"
