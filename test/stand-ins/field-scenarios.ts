/**
 * Candidates that broke real machines in ways that a run once did not tell, or told wrongly. Shell scripts for the small Linux
 * guest; what each must come to stands beside it.
 */
import type { SymptomClass } from '../../src/model/symptom.ts'
import type { Blame, Outcome } from '../../src/model/verdict.ts'

export interface FieldScenario {
  readonly id: string
  /** Known incidents of which this is the kind, re-enacted. */
  readonly incidents?: readonly string[]
  readonly says: string
  /** Runs in the guest after a small tool was put into /opt/tool; `boot` adds to the early start of the system. */
  readonly install: string
  readonly boot?: string
  /** Runs before /opt/tool is removed. */
  readonly uninstall?: string
  readonly reboot?: 'always' | 'detect'
  /** How long the installer may take by its recipe. */
  readonly timeoutSeconds?: number
  /** Value of the matrix' products axis. */
  readonly products?: readonly string[]
  readonly memoryMiB?: number
  readonly network?: boolean
  readonly soakSeconds?: number
  /** How the matrix says that the machine is used: name → lines of a shell. */
  readonly use?: Readonly<Record<string, string>>
  /** One of these classes must be shown as the cell's. */
  readonly right: {
    readonly outcome: Outcome
    readonly blame: Blame
    readonly classes: readonly SymptomClass[]
    readonly phase?: string
    /** Recovery step that must bring it back. */
    readonly recovery?: string
    /** Words that the reason or a symptom must hold. */
    readonly words?: readonly string[]
  }
}

const fail = (
  classes: readonly SymptomClass[],
  more: Partial<FieldScenario['right']> = {},
): FieldScenario['right'] => ({ outcome: 'fail', blame: 'candidate', classes, ...more })

/** What the guest's agent ends the system with. */
const KEEP_SHUTDOWN = 'cp -p /sbin/shutdown /opt/tool/shutdown'
const RESTORE_SHUTDOWN = 'cp -p /opt/tool/shutdown /sbin/shutdown'

/** Changes the way a machine restarts. */
const POWER: readonly FieldScenario[] = [
  {
    id: '19c',
    says: 'turns an asked restart into a power-off',
    install:
      'rm -f /sbin/reboot; printf "#!/bin/sh\\nexec poweroff\\n" >/sbin/reboot; chmod 755 /sbin/reboot',
    uninstall: 'rm -f /sbin/reboot; ln -s end /sbin/reboot',
    right: fail(['unexpected-power-off'], { phase: 'restart' }),
  },
  {
    id: '25',
    says: 'ignores requests to restart',
    install: 'rm -f /sbin/reboot; printf "#!/bin/sh\\nexit 0\\n" >/sbin/reboot; chmod 755 /sbin/reboot',
    right: fail(['restart-ignored'], { phase: 'restart' }),
  },
  {
    id: '19d',
    says: 'switches the machine off cleanly while it is at rest',
    install: '(sleep 20; /sbin/poweroff) >/dev/null 2>&1 </dev/null &',
    right: fail(['unexpected-power-off']),
  },
  {
    id: '25b',
    incidents: ['kb5073455-secure-launch-shutdown-2026-01'],
    says: 'turns an asked power-off into a restart',
    install: `${KEEP_SHUTDOWN}; printf "#!/bin/sh\\nexec /sbin/reboot\\n" >/sbin/shutdown`,
    uninstall: RESTORE_SHUTDOWN,
    right: fail(['power-off-failed'], { phase: 'restart' }),
  },
  {
    id: '25c',
    says: 'does not go off when it is asked to',
    install: `${KEEP_SHUTDOWN}; printf "#!/bin/sh\\nexit 0\\n" >/sbin/shutdown`,
    uninstall: RESTORE_SHUTDOWN,
    right: fail(['power-off-failed'], { phase: 'restart' }),
  },
  {
    id: '23c',
    says: 'restarts the machine from its installer, which its recipe allows',
    install: 'sync; reboot; sleep 60',
    reboot: 'always',
    right: { outcome: 'pass', blame: 'none', classes: [] },
  },
  {
    id: '23d',
    says: 'restarts the machine from its installer, which its recipe does not allow',
    install: 'sync; reboot; sleep 60',
    right: fail(['unexpected-restart'], { phase: 'install' }),
  },
]

/** Installers that end in another way than with 0, or not at all. */
const INSTALLERS: readonly FieldScenario[] = [
  {
    id: 'child',
    says: 'has an installer that leaves a child behind, which keeps its output open',
    install: 'sleep 100000 &\necho installed',
    timeoutSeconds: 60,
    right: { outcome: 'pass', blame: 'none', classes: [] },
  },
  {
    id: 'code',
    says: 'has an installer that ends with 7',
    install: 'sync; exit 7',
    right: fail(['install-failed'], { phase: 'install', words: ['exit code 7'] }),
  },
  {
    id: 'asks',
    says: 'has an installer that waits for an answer',
    install: 'until read -r answer; do sleep 1; done',
    timeoutSeconds: 10,
    right: fail(['install-failed'], { phase: 'install', words: ['did not end within 10 s'] }),
  },
  {
    id: 'twice',
    says: 'restarts the machine twice from its installer, where once is allowed',
    install: 'sync; reboot; sleep 60',
    boot: '[ -e /opt/tool/again ] || { touch /opt/tool/again; sync; (sleep 8; /sbin/reboot) & }',
    reboot: 'detect',
    right: fail(['unexpected-restart']),
  },
]

const NUMBERS: readonly FieldScenario[] = [
  {
    id: '20',
    says: 'leaves three hundred processes',
    install: `cat >/opt/tool/many <<'END'
#!/bin/sh
i=0
while [ $i -lt 300 ]; do sleep 100000 & i=$((i+1)); done
wait
END
chmod 755 /opt/tool/many
printf 'exec=/opt/tool/many\\n' >/etc/ringzero-guest/services/many.service
/usr/lib/ringzero-guest/service start many`,
    uninstall:
      '/usr/lib/ringzero-guest/service stop many; rm -f /etc/ringzero-guest/services/many.service /run/ringzero-guest/services/many',
    memoryMiB: 320,
    right: fail(['resource-growth']),
  },
  {
    id: '21b',
    says: 'writes twenty thousand error events',
    install: `i=0; s=$(date +%s); read -r b </var/lib/ringzero-guest/boot-count
while [ $i -lt 20000 ]; do printf '%s\\t%s\\terror\\ttool\\t77\\tsomething is wrong with item %s\\n' $s $b $i; i=$((i+1)); done >>/var/log/ringzero-guest/events.log`,
    right: fail(['event-flood'], { words: ['20000'] }),
  },
]

const STATE: readonly FieldScenario[] = [
  {
    id: '4b',
    says: 'deletes data of neighbours that they did not declare',
    install: 'rm -rf /var/lib/filekeeper/copies/hosts',
    right: fail(['false-positive-quarantine'], {
      words: ['/var/lib/filekeeper/copies/hosts', 'product:filekeeper'],
    }),
  },
  {
    id: '21a',
    says: 'sets the clock back two years',
    install: 'date -s "@$(( $(date +%s) - 63072000 ))"',
    boot: 'date -s "@$(( $(date +%s) - 63072000 ))"',
    right: fail(['clock-changed'], { words: ['back'] }),
  },
  {
    id: '21c',
    incidents: ['samsung-connect-acl-2026-02'],
    says: 'takes the permissions of two files of the system',
    install: 'chmod 0000 /etc/services /etc/protocols',
    uninstall: 'chmod 644 /etc/services /etc/protocols',
    right: fail(['permissions-changed'], { words: ['/etc/services', '/etc/protocols'] }),
  },
  {
    id: '21d',
    says: 'adds a root certificate',
    install:
      'mkdir -p /etc/ssl/certs; printf -- "-----BEGIN CERTIFICATE-----\\nMIIB\\n-----END CERTIFICATE-----\\n" >/etc/ssl/certs/evil.pem',
    right: fail(['trust-gained'], { words: ['/etc/ssl/certs/evil.pem'] }),
  },
  {
    id: '6',
    says: 'leaves a service and a file behind',
    install: `printf '#!/bin/sh\\nwhile :; do sleep 60; done\\n' >/opt/left; chmod 755 /opt/left
printf 'exec=/opt/left\\n' >/etc/ringzero-guest/services/left.service
/usr/lib/ringzero-guest/service start left
echo x >/etc/tool.conf`,
    right: fail(['left-behind'], { words: ['/etc/tool.conf', 'left.service'] }),
  },
  {
    id: '12',
    says: 'takes a network card down that a product uses',
    install: '(sleep 2; ip link set eth0 down) >/dev/null 2>&1 </dev/null &',
    boot: '(sleep 6; ip link set eth0 down) >/dev/null 2>&1 </dev/null &',
    uninstall: 'ip link set eth0 up',
    products: ['netcard'],
    network: true,
    soakSeconds: 10,
    right: fail(['network-loss']),
  },
  {
    id: '17',
    says: 'is installed beside a product that updates itself',
    install: ':',
    products: ['selfup'],
    soakSeconds: 10,
    right: { outcome: 'inconclusive', blame: 'host', classes: [], words: ['selfup updated itself'] },
  },
  {
    id: 'all',
    says: 'changes names, users, autostarts, owners, settings, mounts, environment',
    install: `echo '10.0.0.1 update.example' >>/etc/hosts
echo 'nameserver 10.0.0.9' >/etc/resolv.conf
echo 'eve:x:0:0::/root:/bin/sh' >>/etc/passwd
mkdir -p /etc/crontabs; echo '* * * * * /opt/tool/tool' >/etc/crontabs/root
chown 65534 /etc/protocols
chmod u+s /bin/busybox
echo 1 >/proc/sys/net/ipv4/ip_forward
hostname other
ip addr add 10.1.2.3/24 dev lo
mount -t tmpfs tmpfs /mnt`,
    boot: 'hostname other',
    right: fail(['network-changed'], {
      words: [
        '/etc/hosts',
        '/etc/resolv.conf',
        'user:eve',
        '/etc/crontabs/root',
        '/etc/protocols',
        '/bin/busybox',
        'net.ipv4.ip_forward',
        'hostname',
        '10.1.2.3',
        '/mnt',
      ],
    }),
  },
  {
    id: 'good',
    says: 'does nothing but what it should',
    install: ':',
    right: { outcome: 'pass', blame: 'none', classes: [] },
  },
]

const LOOPS: readonly FieldScenario[] = [
  {
    id: '1b',
    incidents: ['carbonblack-2022', 'trend-ds-smss', 'ms13-036-2013', 'meltdown-qualitycompat-2018'],
    says: 'dies at every start from the second on, and is removed by its own uninstaller',
    install: ':',
    boot: `n=0
read -r n </opt/tool/count 2>/dev/null
n=$((n+1))
echo $n >/opt/tool/count
sync
[ $n -ge 2 ] && { sync; echo c >/proc/sysrq-trigger; }`,
    right: fail(['boot-loop'], { phase: 'restart', recovery: 'safe-mode-rollback' }),
  },
]

export const FIELD_SCENARIOS: readonly FieldScenario[] = [
  ...POWER,
  ...INSTALLERS,
  ...NUMBERS,
  ...STATE,
  ...LOOPS,
]
