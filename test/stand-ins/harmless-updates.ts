/** Updates that break nothing: what is told of a healthy machine with one of these is a false alarm. For the small Linux guest. */

export interface HarmlessUpdate {
  readonly id: string
  readonly says: string
  readonly kind: 'content' | 'script'
  /** Name of a candidate under fixtures, which is used as it is. */
  readonly fixture?: string
  readonly files?: Readonly<Record<string, string>>
  readonly recipe?: object
}

const shell = (...words: string[]): object => ({ program: '/bin/sh', arguments: words })

export const HARMLESS_UPDATES: readonly HarmlessUpdate[] = [
  {
    id: 'content',
    says: 'a well-formed content file of the sensor',
    kind: 'content',
    fixture: 'good-content',
  },
  { id: 'tool', says: 'a small tool that is installed by a script', kind: 'script', fixture: 'good-script' },
  {
    id: 'rules',
    says: 'two new files in a folder of their own, and a file of the system in a newer edition',
    kind: 'content',
    files: {
      'rules.dat': 'rule 1\nrule 2\n',
      'index.dat': 'rules.dat 2\n',
      protocols: 'ip 0 IP\nicmp 1 ICMP\ntcp 6 TCP\nudp 17 UDP\nsctp 132 SCTP\n',
    },
    recipe: {
      install: {
        place: [
          { file: 'rules.dat', to: '/opt/acme/rules.dat' },
          { file: 'index.dat', to: '/opt/acme/index.dat' },
          { file: 'protocols', to: '/etc/protocols' },
        ],
      },
    },
  },
  {
    id: 'service',
    says: 'a service that sleeps',
    kind: 'script',
    files: {
      daemon: '#!/bin/sh\nwhile :; do sleep 60; done\n',
      'acme.service': 'exec=/opt/acme/daemon\n',
      uninstall:
        '#!/bin/sh\n/usr/lib/ringzero-guest/service stop acme\nrm -rf /etc/ringzero-guest/services/acme.service /run/ringzero-guest/services/acme /opt/acme\n',
    },
    recipe: {
      install: {
        place: [
          { file: 'daemon', to: '/opt/acme/daemon', mode: '0755' },
          { file: 'uninstall', to: '/opt/acme/uninstall', mode: '0755' },
          { file: 'acme.service', to: '/etc/ringzero-guest/services/acme.service' },
        ],
        restartServices: ['acme'],
      },
      verify: { services: ['acme'] },
      rollback: { run: [shell('/opt/acme/uninstall')] },
    },
  },
  {
    id: 'restart',
    says: 'a tool whose installer restarts the machine, which its recipe allows',
    kind: 'script',
    files: {
      'install.sh':
        "#!/bin/sh\nset -e\nmkdir -p /opt/acme\nprintf '#!/bin/sh\\nuptime\\n' >/opt/acme/tool\nchmod 755 /opt/acme/tool\nsync\nreboot\nsleep 60\n",
      'uninstall.sh': '#!/bin/sh\nrm -rf /opt/acme\n',
    },
    recipe: {
      install: {
        reboot: 'always',
        place: [{ file: 'uninstall.sh', to: '/var/lib/acme/uninstall', mode: '0755' }],
        run: [shell('${files}/install.sh')],
      },
      verify: { files: [{ path: '/opt/acme/tool' }] },
      rollback: { run: [shell('/var/lib/acme/uninstall')] },
    },
  },
]
