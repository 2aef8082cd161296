# Run as `sh -s -- VERB ARGUMENTS…`. Every name and path comes as an argument. Answers are lines: key, tab, value.
PATH=/bin:/sbin:/usr/bin:/usr/sbin
export LC_ALL=C
tools=/usr/lib/ringzero-guest
run=/run/ringzero-guest
state=/var/lib/ringzero-guest
log=/var/log/ringzero-guest/events.log
verb=$1
shift
tell() { printf '%s\t%s\n' "$1" "$2"; }

boot() {
  cat "$run/boot" || exit 3
  read -r up _ </proc/uptime
  tell uptime "$up"
  if [ -e "$run/boot-finished" ]; then tell finished yes; else tell finished no; fi
  tell kernel "$(uname -r)"
  tell build "$(sed -n 's/^BUILD_ID="\(.*\)"$/\1/p' /etc/os-release)"
  if [ -f /run/reboot-required.pkgs ]; then
    head -n 32 /run/reboot-required.pkgs | while IFS= read -r name; do tell pending "$name"; done
  elif [ -e /run/reboot-required ]; then
    tell pending unnamed
  fi
}

services() {
  for file in "$run"/services/*; do
    [ -f "$file" ] || continue
    tell service "${file##*/}"
    cat "$file"
  done
}

drivers() {
  while read -r name _ _ _ _ _ taint; do
    version=
    [ -f "/sys/module/$name/version" ] && read -r version <"/sys/module/$name/version"
    printf '%s\t%s\t%s\n' "$name" "$version" "$taint"
  done </proc/modules
}

# files MAXIMUM PATH…: names with control characters could pass for other lines; they are counted, not read.
files() {
  maximum=$1
  shift
  list=/run/ringzero-files.$$
  # What is not there leaves the list of paths; one search for all of them, as each program started costs more than its work.
  for path; do
    shift
    [ -e "$path" ] && set -- "$@" "$path"
  done
  hidden=0
  : >"$list"
  if [ "$#" -gt 0 ]; then
    find -H "$@" -type f ! -path '*[[:cntrl:]]*' >"$list" 2>/dev/null
    hidden=$(find -H "$@" -type f -path '*[[:cntrl:]]*' -exec printf . \; 2>/dev/null | wc -c)
  fi
  total=$(wc -l <"$list")
  head -n "$maximum" "$list" | tr '\n' '\0' | xargs -0 -r stat -L -c 'size	%s	%n'
  head -n "$maximum" "$list" | tr '\n' '\0' | xargs -0 -r sha256sum | sed 's/^\([0-9a-f]\{64\}\)  /hash	\1	/'
  rm -f "$list"
  [ "$total" -gt "$maximum" ] && hidden=$((hidden + total - maximum))
  tell cut "$hidden"
}

resources() {
  cat /proc/meminfo | while read -r key value _; do tell "memory.${key%:}" "$value"; done
  df -k / | tail -n 1 | { read -r _ size used _; tell disk.total "$size"; tell disk.used "$used"; }
  read -r line </proc/stat
  tell cpu "$line"
  set -- /proc/[0-9]*
  tell processes "$#"
  read -r handles _ </proc/sys/fs/file-nr
  tell handles "$handles"
}

# events OFFSET|start MAXIMUM-BYTES: all new entries are counted by start, level, provider and id; the last of them are told whole.
events() {
  size=$(stat -c %s "$log") || exit 3
  from=$1
  [ "$from" = start ] && from=0
  [ "$from" -gt "$size" ] && from=0
  first=$from
  [ $((size - from)) -gt "$2" ] && from=$((size - $2))
  read -r count <"$state/boot-count"
  tell start "$count"
  tell size "$size"
  tail -c +$((first + 1)) "$log" | head -c $((size - first)) | awk -F '\t' '
    $3 == "critical" || $3 == "error" || $3 == "warning" {
      kind = $2 "\t" $3 "\t" $4 "\t" $5
      if (!(kind in number)) { if (kinds >= 500) { untold++; next } kinds++ }
      number[kind]++
    }
    END { for (kind in number) print "tally\t" number[kind] "\t" kind; print "untold\t" untold + 0 }'
  tell lines follow
  tail -c +$((from + 1)) "$log" | head -c $((size - from))
}

crashes() {
  for record in "$state"/crashes/*.record; do
    [ -f "$record" ] || continue
    tell record "${record##*/}"
    cat "$record"
    if [ -f "${record%.record}.log" ]; then tail -c 16384 "${record%.record}.log" | base64 | tr -d '\n' | { read -r text; tell text "$text"; }; fi
  done
}

profile() {
  tell cpu.count "$(nproc)"
  tell cpu.model "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
  tell flags "$(sed -n 's/^flags[^:]*: //p' /proc/cpuinfo | head -n 1)"
  tell memoryKiB "$(sed -n 's/^MemTotal: *\([0-9]*\) .*/\1/p' /proc/meminfo)"
  tell numaNodes "$(ls -d /sys/devices/system/node/node[0-9]* 2>/dev/null | wc -l)"
  root=$(while read -r device path _; do [ "$path" = / ] && echo "$device"; done </proc/mounts | tail -n 1)
  root=$(readlink -f "/sys/class/block/${root#/dev/}")
  tell disk "$root"
  for host in /sys/class/scsi_host/*; do
    case "$root" in */"${host##*/}"/*) tell disk.driver "$(cat "$host/proc_name")" ;; esac
  done
  if [ -d /sys/firmware/efi ]; then tell firmware uefi; else tell firmware bios; fi
  for variable in /sys/firmware/efi/efivars/SecureBoot-*; do
    [ -f "$variable" ] && tell secureBoot "$(tail -c 1 "$variable" | od -An -tu1 | tr -d ' ')"
  done
  tell tpm "$(cat /sys/class/tpm/tpm0/tpm_version_major 2>/dev/null)"
  tell machine "$(cat /sys/class/dmi/id/product_name 2>/dev/null)"
  for card in /sys/class/net/*; do
    [ -e "$card/device/driver" ] && tell card "$(basename "$(readlink -f "$card/device/driver")")"
  done
}

network() {
  if ping -c 1 -W 2 127.0.0.1 >/dev/null 2>&1; then tell loopback yes; else tell loopback no; fi
  for card in /sys/class/net/*; do
    read -r flags <"$card/flags"
    [ $((flags & 1)) -eq 1 ] && tell interface "${card##*/}"
  done
}

# fingerprint MAXIMUM: the whole root disk, and what is true only while the system runs.
fingerprint() {
  list=/run/ringzero-print.$$
  : >"$list.hidden"
  # One walk over the disk for all that is asked: a small emulated guest takes a third of a second for each. A name with control
  # characters could pass for other lines; these are counted, not read.
  find / -xdev ! -path '*[[:cntrl:]]*' -print -o -exec sh -c 'printf . >>"$0"' "$list.hidden" \; >"$list" 2>/dev/null
  hidden=$(wc -c <"$list.hidden")
  total=$(wc -l <"$list")
  [ "$total" -gt "$1" ] && hidden=$((hidden + total - $1))
  head -n "$1" "$list" | tr '\n' '\0' | xargs -0 -r stat -c 'entry	%f %u %g %n' | tee "$list.entries"
  # The first digit of the mode is the type (stat(2)): 8 a regular file, a a link.
  sed -n 's/^entry	8[0-9a-f]* [0-9]* [0-9]* //p' "$list.entries" | tr '\n' '\0' | xargs -0 -r sha256sum | sed 's/^/hash	/'
  sed -n 's/^entry	a[0-9a-f]* [0-9]* [0-9]* //p' "$list.entries" | tr '\n' '\0' | xargs -0 -r stat -c 'link	%N'
  rm -f "$list" "$list.hidden" "$list.entries"
  tell cut "$hidden"
  while IFS=: read -r name _ uid gid _ home shell; do tell fact "account	user:$name	$uid:$gid:$home:$shell"; done </etc/passwd
  while IFS=: read -r name _ gid members; do tell fact "account	group:$name	$gid:$members"; done </etc/group
  tell fact "names	hostname	$(hostname)"
  tell fact "time-zone	TZ	$(date +%Z%z)"
  ip -o link | while read -r _ card flags _; do
    case "$flags" in *[\<,]UP[,\>]*) state=up ;; *) state=down ;; esac
    tell fact "network	link:${card%%[:@]*}	$state"
  done
  ip -o addr | while read -r _ card family address _; do
    case "$family" in inet | inet6) tell fact "network	address:${card%%:*} $address	$family" ;; esac
  done
  { ip route; ip -6 route; } 2>/dev/null | while read -r to rest; do tell fact "network	route:$to	$rest"; done
  while read -r device point type options _; do tell fact "mount	$point	$device $type $options"; done </proc/mounts
  # A variable of the first process reaches every service.
  tr '\0' '\n' </proc/1/environ | while IFS='=' read -r name value; do tell fact "environment	$name	$value"; done
  # What can be written is a setting, all else are counters and facts. The kernel itself moves these two: the last process id,
  # and how often it samples, which it lowers where an interrupt took too long (kernel/events/core.c).
  find /proc/sys -type f -perm -200 ! -name ns_last_pid ! -name perf_event_max_sample_rate 2>/dev/null | xargs grep -H '' 2>/dev/null |
    sed -n 's,^/proc/sys/\([^:]*\):,fact	setting	\1	,p'
  if command -v nft >/dev/null; then tell fact "firewall	nft	$(nft list ruleset | sha256sum)"; fi
  if command -v iptables-save >/dev/null; then tell fact "firewall	iptables	$(iptables-save | sed 's/\[.*\]//; /^#/d' | sha256sum)"; fi
  read -r uptime _ </proc/uptime
  tell uptime "$uptime"
  tell clock "$(date +%s)"
}

# first-logon SECONDS: an account as none was before it, a session of it as a login opens one, and nothing of both afterwards.
# The mark in its entry tells what an interrupted look left from an account of somebody else.
account=rz-first-logon
mark='ringzero signs a new user in'
account_home=/home/$account

# Processes of the account that are more than an entry which nobody has read yet.
account_processes() {
  for status in $(grep -l "^Uid:[[:space:]]*$1[[:space:]]" /proc/[0-9]*/status 2>/dev/null); do
    grep -q '^State:[[:space:]]*[ZX]' "$status" 2>/dev/null && continue
    process=${status#/proc/}
    [ -e "$status" ] && echo "${process%/status}"
  done
}

# What is left of the account, one line each.
account_left() {
  for file in /etc/passwd /etc/group /etc/shadow; do
    [ -f "$file" ] && grep -q "^$account:" "$file" && echo "its line in $file"
  done
  [ -e "$account_home" ] && echo "$account_home"
  account_processes "$1" | sed 's/^/process /'
  find / /tmp /run /dev/shm -xdev -user "$1" ! -path "$account_home*" ! -path '*[[:cntrl:]]*' 2>/dev/null | head -n 8
}

forget_account() {
  for _ in 1 2 3 4 5 6 7 8; do
    processes=$(account_processes "$1")
    [ -z "$processes" ] && break
    kill -9 $processes 2>/dev/null
    sleep 0.2
  done
  for file in /etc/passwd /etc/group /etc/shadow; do
    [ -f "$file" ] && grep -q "^$account:" "$file" || continue
    # A copy that takes its place at once: a machine that is cut here has the old list or the new one.
    cp -p "$file" "$file.rz" && sed "/^$account:/d" "$file" >"$file.rz" && mv "$file.rz" "$file"
    rm -f "$file.rz"
  done
  rm -rf "$account_home" "/var/mail/$account" "/var/spool/mail/$account"
  find /tmp /var/tmp /run /dev/shm -xdev -user "$1" -exec rm -rf {} + 2>/dev/null
  [ -e /run/rz-first-logon.home ] && rmdir /home && rm -f /run/rz-first-logon.home
  rm -f /run/rz-first-logon.said
}

first_logon() {
  earlier=$(sed -n "s/^$account:[^:]*:\([0-9]*\):[0-9]*:$mark:.*/\1/p" /etc/passwd | head -n 1)
  [ -n "$earlier" ] && forget_account "$earlier"
  grep -q "^$account:" /etc/passwd && exit 5
  id=59999
  while grep -q "^[^:]*:[^:]*:$id:" /etc/passwd /etc/group; do id=$((id - 1)); done
  trap 'forget_account "$id"' HUP INT TERM
  read -r began _ </proc/uptime
  refused=$({
    echo "$account:x:$id:" >>/etc/group &&
      echo "$account:x:$id:$id:$mark:$account_home:/bin/sh" >>/etc/passwd &&
      { [ ! -f /etc/shadow ] || echo "$account:!:::::::" >>/etc/shadow; } &&
      { [ -d /home ] || { mkdir /home && touch /run/rz-first-logon.home; }; } &&
      if [ -d /etc/skel ]; then cp -R /etc/skel "$account_home"; else mkdir "$account_home"; fi &&
      chown -R "$id:$id" "$account_home" && chmod 700 "$account_home"
  } 2>&1) && grep -q "^$account:" /etc/passwd
  if [ "$?" -ne 0 ]; then
    tell refused "$(echo "${refused:-the account is gone as soon as it is made}" | head -n 1)"
  elif [ -e /etc/nologin ]; then
    tell session "only root may sign in: $(head -c 200 /etc/nologin | tr '\n\t' '  ')"
  else
    said=/run/rz-first-logon.said
    timeout -k 2 "$1" /bin/su -l "$account" -c 'echo x >"$HOME/.rz-session" && echo "session $(id -un) $HOME $(pwd)"' </dev/null >"$said" 2>&1
    ended=$?
    if grep -q "^session $account $account_home $account_home\$" "$said" && [ "$ended" -eq 0 ]; then
      tell session opened
    elif [ "$ended" -eq 143 ] || [ "$ended" -eq 137 ]; then
      tell session "it does not end within $1 s: $(head -c 200 "$said" | tr '\n\t' '  ')"
    else
      tell session "it ends with $ended: $(head -c 200 "$said" | tr '\n\t' '  ')"
    fi
  fi
  read -r ended _ </proc/uptime
  forget_account "$id"
  account_left "$id" | while IFS= read -r left; do tell left "$left"; done
  tell began "$began"
  tell ended "$ended"
}

case "$verb" in
  first-logon) first_logon "$@" ;;
  fingerprint) fingerprint "$@" ;;
  boot) boot ;;
  services) services ;;
  drivers) drivers ;;
  files) files "$@" ;;
  resources) resources ;;
  events) events "$@" ;;
  crashes) crashes ;;
  profile) profile ;;
  network) network ;;
  # By their paths: where /proc is mounted this shell takes a program that it has itself, whatever lies on the disk.
  launch) tell answer "$(/bin/echo "$1" | /bin/tr a-z n-za-m)" ;;
  set-clock) date -u -s "@$1" >/dev/null && tell clock "$(date +%s)" || exit 4 ;;
  restart-service) "$tools/service" restart "$1" 2>&1 || exit ;;
  *) exit 9 ;;
esac
# What a loop looked at last says nothing of the answer; a verb that cannot answer has left before.
exit 0
