/** Known incidents that a Linux guest can re-enact, as candidates: not their code, their kind of fault and how it shows. */
import type { FieldScenario } from './field-scenarios.ts'

const fail = (
  classes: FieldScenario['right']['classes'],
  more: Partial<FieldScenario['right']> = {},
): FieldScenario['right'] => ({ outcome: 'fail', blame: 'candidate', classes, ...more })

const CRASH = 'sync; echo c >/proc/sysrq-trigger'
/** Only from the second start with the candidate on. */
const SECOND_START = `n=0
read -r n </opt/tool/count 2>/dev/null
n=$((n+1))
echo $n >/opt/tool/count
sync`

const STARTS: readonly FieldScenario[] = [
  {
    id: 'cf291',
    incidents: ['crowdstrike-cf291-2024', 'symantec-sonar-2012', 'kb5013943-sophos-2022'],
    says: 'kills the kernel when it arrives, and at each start after it',
    install: `sync; (sleep 3; ${CRASH}) >/dev/null 2>&1 </dev/null &`,
    boot: CRASH,
    right: fail(['boot-loop', 'panic']),
  },
  {
    id: 'avlock',
    incidents: ['april2019-avlock', 'may2019-sophos', 'senseshield-24h2'],
    says: 'hangs in the start beside one product',
    install: ':',
    boot: '[ ! -e /opt/filekeeper/filekeeperd ] || sleep 100000',
    right: fail(['boot-hang'], { phase: 'restart' }),
  },
  {
    id: 'lsass',
    incidents: ['dc-lsass-2022', 'dc-lsass-2026'],
    says: 'ends a process in each start without which the system restarts',
    install: ':',
    boot: '(sleep 4; sync; reboot -f) >/dev/null 2>&1 </dev/null &',
    right: fail(['boot-loop', 'unexpected-restart'], { phase: 'restart' }),
  },
  {
    id: 'breaker',
    incidents: ['vendor-loop-breaker'],
    says: 'dies once, and switches a product off from then on',
    install: ':',
    boot: `${SECOND_START}
[ $n -ne 2 ] || { ${CRASH}; }
[ $n -lt 3 ] || printf 'wanted=no\nexec=/opt/netwatch/netwatchd\n' >/etc/ringzero-guest/services/netwatch.service`,
    uninstall: "printf 'exec=/opt/netwatch/netwatchd\n' >/etc/ringzero-guest/services/netwatch.service",
    right: fail(['protection-off', 'panic', 'unexpected-restart', 'boot-loop']),
  },
  {
    id: 'sra',
    incidents: ['citrix-sra-2025'],
    says: 'is taken back by the system at the restart',
    install: ':',
    boot: 'rm -f /opt/tool/tool; sync',
    right: fail(['update-not-applied', 'install-rolled-back']),
  },
]

const RUNNING: readonly FieldScenario[] = [
  {
    id: 'soak',
    incidents: ['rds-deadlock-2026-09', 'wfbs-rdp-blackout'],
    says: 'stands still a while after the last restart',
    install: ':',
    boot: `${SECOND_START}
[ $n -lt 2 ] || (sleep 60; killall -STOP qemu-ga) >/dev/null 2>&1 </dev/null &`,
    soakSeconds: 90,
    right: fail(['hang-after-soak', 'agent-silent']),
  },
  {
    id: 'agent',
    incidents: [
      'dell-supportassist-2026-05',
      'symantec-sep-ips-2019',
      'sep-stack-0x7f',
      'falcon-linux-debian-2024',
      'falcon-linux-rhel-2024',
    ],
    says: 'kills the kernel a minute after each start',
    install: ':',
    boot: `(sleep 60; ${CRASH}) >/dev/null 2>&1 </dev/null &`,
    soakSeconds: 90,
    right: fail(['panic', 'boot-loop']),
  },
  {
    id: 'hook',
    incidents: [
      'trend-badimage-2025',
      'trend-win7x86-2022',
      'symantec-ie-2015',
      'falcon-24h2-office',
      'malwarebytes-chrome-2023',
    ],
    says: 'lets a program of the system start no more',
    install: `for d in /bin /sbin /usr/bin /usr/sbin; do
[ -L $d/tr ] || continue
mkdir -p /opt/tool/old$d
mv $d/tr /opt/tool/old$d/
printf '#!/bin/sh\\nexit 1\\n' >$d/tr
chmod 755 $d/tr
done`,
    uninstall: `for d in /bin /sbin /usr/bin /usr/sbin; do
[ -L /opt/tool/old$d/tr ] || continue
rm -f $d/tr
mv /opt/tool/old$d/tr $d/
done`,
    right: fail(['app-launch-failure']),
  },
  {
    id: 'dat5958',
    incidents: [
      'mcafee-dat5958-2010',
      'avg-user32-2008',
      'symantec-nav-2007',
      'webroot-2017',
      'defender-asr-2023',
      'defender-hivezy-2022',
      'mse-chrome-2011',
    ],
    says: 'takes files of the system for malware',
    install: 'mkdir -p /opt/tool/quarantine; mv /etc/services /etc/protocols /opt/tool/quarantine',
    uninstall: 'mv /opt/tool/quarantine/* /etc',
    right: fail(['false-positive-quarantine'], { words: ['/etc/services', '/etc/protocols'] }),
  },
  {
    id: 'cluster',
    incidents: ['kb5062557-cluster-2025'],
    says: 'stops the service of a product after each start',
    install: '/usr/lib/ringzero-guest/service stop filekeeper',
    boot: '(sleep 5; /usr/lib/ringzero-guest/service stop filekeeper) >/dev/null 2>&1 </dev/null &',
    right: fail(['service-degraded', 'protection-off'], { words: ['filekeeper'] }),
  },
  {
    id: 'umh',
    incidents: ['trend-umh-kb5014019', 'symantec-date-2010'],
    says: 'keeps a product from working, whose process goes on',
    install: 'killall -STOP httpd',
    boot: '(sleep 5; killall -STOP httpd) >/dev/null 2>&1 </dev/null &',
    right: fail(['protection-off'], { words: ['netwatch'] }),
  },
  {
    id: 'trust',
    incidents: ['kernel-trust-2026-04', 'blocklist-psmounterex-2026-04'],
    says: 'keeps the kernel from loading the driver of a product',
    install:
      "printf '#!/bin/sh\necho 1 >/proc/sys/kernel/modules_disabled\n' >/etc/ringzero-guest/boot.d/05-trust; chmod 755 /etc/ringzero-guest/boot.d/05-trust",
    uninstall: 'rm -f /etc/ringzero-guest/boot.d/05-trust',
    products: ['sensor'],
    // What a start did not do is seen by the look after it.
    right: fail(['driver-load-failure', 'protection-off'], { phase: 'check' }),
  },
]

/** Beside a product that answers requests, takes messages and brings a root certificate. */
const ROLES: readonly FieldScenario[] = [
  {
    id: 'load',
    says: 'lets a server do one thing at a time',
    install: ':',
    // httpd, the child that answers, a shell and its sleep: one answer needs four processes.
    boot: `(until pidof httpd; do sleep 1; done; mkdir -p /opt/tool/groups; mount -t cgroup2 none /opt/tool/groups
echo +pids >/opt/tool/groups/cgroup.subtree_control; mkdir -p /opt/tool/groups/web
pidof httpd | tr ' ' '\n' | while read -r p; do echo $p >/opt/tool/groups/web/cgroup.procs; done
echo 6 >/opt/tool/groups/web/pids.max) >/dev/null 2>&1 </dev/null &`,
    uninstall: 'umount /opt/tool/groups',
    products: ['answerer'],
    use: {
      'eight-at-once': `each() { n=0; while [ $n -lt 8 ]; do n=$((n + 1)); printf 'GET /cgi-bin/slow HTTP/1.0\\r\\n\\r\\n' | nc -w 20 127.0.0.1 8080 | grep '^7' & done; wait; }
told=$(each | wc -l); [ "$told" -eq 8 ] || { echo "$told of 8 answered"; exit 1; }`,
    },
    right: fail(['role-broken'], { phase: 'check', words: ['role:matrix:eight-at-once'] }),
  },
  {
    id: 'dhcp',
    incidents: ['dhcp-server-2025-06', 'update-scan-restricted-egress-2026'],
    says: 'lets a server answer no more, which goes on running',
    install: 'killall -STOP httpd',
    boot: '(sleep 5; killall -STOP httpd) >/dev/null 2>&1 </dev/null &',
    products: ['answerer'],
    right: fail(['role-broken'], { words: ['answers'] }),
  },
  {
    id: 'lo',
    incidents: ['kb5066835-loopback-http2-2025-10'],
    says: 'breaks connections of the machine to itself',
    install: 'ip link set lo down',
    boot: 'ip link set lo down',
    uninstall: 'ip link set lo up',
    products: ['answerer'],
    right: fail(['role-broken'], { words: ['answers'] }),
  },
  {
    id: 'msmq',
    incidents: ['kb5071546-msmq-acl-2025-12'],
    says: 'lets only administrators write into a queue',
    install: 'chmod 755 /var/spool/answerer',
    uninstall: 'chmod 1777 /var/spool/answerer',
    products: ['answerer'],
    right: fail(['role-broken'], { words: ['takes-messages'] }),
  },
  {
    id: 'roots',
    incidents: ['defender-roots-2026-04', 'hp-oneagent-certificates-2025-10'],
    says: 'removes a root certificate',
    install: 'rm -f /etc/ssl/certs/answerer.pem',
    products: ['answerer'],
    right: fail(['trust-lost'], { words: ['/etc/ssl/certs/answerer.pem'] }),
  },
]

/** Break what only a user who never was on the machine notices. */
const LOGONS: readonly FieldScenario[] = [
  {
    id: 'logon',
    incidents: ['kb5072911-first-logon-2025'],
    says: 'lets the session of a new user never end',
    install: "mkdir -p /etc/skel; echo 'while :; do sleep 1; done' >/etc/skel/.profile",
    uninstall: 'rm -rf /etc/skel',
    right: fail(['logon-failed'], { phase: 'check', words: ['logon:session'] }),
  },
  {
    id: 'users',
    says: 'lets nobody make an account',
    install: 'mount --bind /etc/passwd /etc/passwd; mount -o remount,ro,bind /etc/passwd',
    uninstall: 'umount /etc/passwd',
    right: fail(['logon-failed'], { phase: 'check', words: ['logon:account'] }),
  },
]

export const INCIDENT_SCENARIOS: readonly FieldScenario[] = [...STARTS, ...RUNNING, ...ROLES, ...LOGONS]
