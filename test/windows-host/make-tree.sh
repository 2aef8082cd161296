#!/bin/sh
# make-tree.sh FOLDER: a Debian 13 tree with Wine 10 for 64-bit and 32-bit programs, and a Windows of its own in /root/.wine.
set -eu
tree=$1
debootstrap --variant=minbase trixie "$tree" http://deb.debian.org/debian
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
chroot "$tree" apt-get install -y -q --no-install-recommends wine wine64

# Installers are 32-bit programs. Wine runs them in 64-bit processes when their DLLs are there; nothing else of i386 is needed.
chroot "$tree" dpkg --add-architecture i386
chroot "$tree" apt-get update -q
version=$(chroot "$tree" dpkg-query -W -f '${Version}' libwine:amd64)
chroot "$tree" sh -c "cd /tmp && apt-get download -q libwine:i386=$version && dpkg-deb --fsys-tarfile libwine_*_i386.deb |
  tar x --strip-components=5 -C /usr/lib/x86_64-linux-gnu/wine ./usr/lib/i386-linux-gnu/wine/i386-windows && rm libwine_*_i386.deb"
chroot "$tree" dpkg --remove-architecture i386
rm -rf "$tree"/var/lib/apt/lists/* "$tree"/var/cache/apt/archives/*.deb

exec unshare --mount --pid --fork --kill-child sh -eu -c '
  mount -t proc proc "$1/proc"
  mount --rbind /dev "$1/dev"
  exec chroot "$1" /usr/bin/env -i HOME=/root PATH=/usr/bin:/bin WINEDEBUG=-all WINEDLLOVERRIDES=winedbg.exe= XDG_RUNTIME_DIR=/tmp sh -eu -c "
    wineboot -i
    wine reg add HKCU\\\\Software\\\\Wine /v Version /d win10 /f
    # Windows that nobody sees, so that a question waits for its answer as it does on a server.
    wine reg add HKCU\\\\Software\\\\Wine\\\\Drivers /v Graphics /d null /f
    wineserver -w
    ls /root/.wine/drive_c/windows/syswow64/msiexec.exe"
' make-tree "$tree"
