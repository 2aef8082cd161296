#!/bin/sh
# enter.sh TREE SCRATCH CHECKOUT MODULES NODE POWERSHELL RESULTS REFERENCE NAME=VALUE… -- COMMAND…
# Runs a command in the tree, in mount and process namespaces of its own (start it with unshare --mount --pid --fork): what it
# writes is kept in memory and gone at its end, the checkout cannot be written, and no mount outlives it. REFERENCE may be "-".
set -eu
tree=$1 scratch=$2 checkout=$3 modules=$4 node=$5 powershell=$6 results=$7 reference=$8
shift 8

mount -t tmpfs -o mode=755 tmpfs "$scratch"
root=$scratch/root
mkdir "$root" "$scratch/upper" "$scratch/work"
mount -t overlay -o "lowerdir=$tree,upperdir=$scratch/upper,workdir=$scratch/work" overlay "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --rbind /sys "$root/sys"

# bind FOLDER NAME [ro]
bind() {
  mkdir -p "$root/$2"
  mount --bind "$1" "$root/$2"
  if [ "${3:-}" = ro ]; then mount -o remount,bind,ro "$root/$2"; fi
}
bind "$checkout" ringzero ro
bind "$modules" ringzero/node_modules
bind "$node" node ro
bind "$powershell" powershell ro
bind "$results" results
# Where Windows has its PowerShell.
bind "$powershell" root/.wine/drive_c/windows/system32/WindowsPowerShell/v1.0 ro
if [ "$reference" != - ]; then bind "$reference" reference ro; fi

# Nothing of this computer's environment, and no window for a program that crashed.
exec chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/bin:/bin:/usr/sbin:/sbin LANG=C.UTF-8 TERM=dumb \
  WINEDEBUG=-all 'WINEDLLOVERRIDES=winedbg.exe=;powershell.exe=n' XDG_RUNTIME_DIR=/tmp "$@"
