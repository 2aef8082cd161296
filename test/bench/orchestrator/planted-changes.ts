/**
 * Single changes planted in a real guest, told or not by the fingerprint check. At most 500 of them, or `RINGZERO_PLANTED`, of
 * each kind in turns: files, links, new files in folders, accounts, addresses, routes and what else is no file of the image.
 * So many at once do not hide each other: each is a change of another item and must be told by that item's own name.
 */
import { systemClock } from '../../../src/kit/clock.ts'
import { FactSchema } from '../../../src/model/observation.ts'
import { fingerprint } from '../../../src/plugins/checks/any/fingerprint.ts'
import { linuxGuestOs } from '../../../src/plugins/guests/linux/linux-guest-os.ts'
import type { Channel } from '../../../src/sdk/channel.ts'
import type { CheckTarget } from '../../../src/sdk/check.ts'
import { PROFILE, startLinuxMachine } from '../../stand-ins/linux-machine.ts'
import { testContext } from '../../stand-ins/local-guest.ts'
import type { BenchResult } from './bench-result.ts'

const CHANGES = Number(process.env['RINGZERO_PLANTED'] ?? 500)
const AT_ONCE = 50
/** Accounts, groups, addresses and routes, of each so many. */
const OF_EACH = 30
const TARGET = 0.99
/** Without these the guest itself ends, and nothing is left that could be asked. */
const NEEDED = /busybox|\/(?:ba)?sh$|qemu-ga|\/lib(?:64)?\/|^\/lib|^\/sbin|^\/bin|ringzero-guest|^\/init/

/** What a shell needs to plant changes and to undo them, and the guest's own system to go on. */
const USED =
  /\/(?:\[|\[\[|ash|awk|base64|basename|busybox|cat|chmod|chown|cp|cut|date|dd|df|echo|env|false|find|grep|head|hostname|httpd|id|init|ip|kill|killall|ln|ls|mkdir|mount|mv|nc|nproc|od|ping|poweroff|printf|pwd|readlink|reboot|rm|rmdir|sed|setsid|sh|sha256sum|sleep|stat|su|sync|tail|tee|test|timeout|touch|tr|true|umount|uname|wc|xargs)$/

/** Folders whose content is not on the disk, or is not written down. */
const NO_DISK = /^\/(?:proc|sys|dev|run|tmp)(?:\/|$)/

/** What the system writes by itself is no planted change. */
const LOGS = /^\/var\/(?:log|lib\/ringzero)/

interface Change {
  /** What must be named. */
  readonly item: string
  readonly what: string
  readonly plant: string
  readonly undo: string
}

/** Ways to change a file. */
const WAYS: readonly {
  readonly what: string
  /** The system still works with it changed so. */
  readonly harmless: boolean
  readonly plant: (path: string) => string
}[] = [
  { what: 'content', harmless: false, plant: (path) => `echo x >>${path}` },
  {
    what: 'one byte, as long as before',
    harmless: false,
    plant: (path) => `printf '~' | dd of=${path} conv=notrunc bs=1 2>/dev/null`,
  },
  { what: 'gone', harmless: false, plant: (path) => `rm -f ${path}` },
  { what: 'mode', harmless: true, plant: (path) => `chmod a+s ${path}` },
  { what: 'owner', harmless: true, plant: (path) => `chown 65534:65534 ${path}` },
]

/** Things that are no file of the image. */
const OTHERS: readonly Change[] = [
  ['10.9.8.7/24', 'ip addr add 10.9.8.7/24 dev lo', 'ip addr del 10.9.8.7/24 dev lo'],
  ['/mnt', 'mount -t tmpfs tmpfs /mnt', 'umount /mnt'],
  ['net.ipv4.ip_forward', 'echo 1 >/proc/sys/net/ipv4/ip_forward', 'echo 0 >/proc/sys/net/ipv4/ip_forward'],
  ['/etc/crontabs', 'mkdir -p /etc/crontabs; echo x >/etc/crontabs/root', 'rm -rf /etc/crontabs'],
  ['/usr/planted', 'echo x >/usr/planted', 'rm -f /usr/planted'],
  [
    '/etc/ssl/certs/planted.pem',
    'mkdir -p /etc/ssl/certs; echo x >/etc/ssl/certs/planted.pem',
    'rm -rf /etc/ssl',
  ],
].map(([item = '', plant = '', undo = '']) => ({ item, what: 'no file of the image', plant, undo }))

export async function plantedChanges(): Promise<BenchResult> {
  const linux = await startLinuxMachine()
  const missed: string[] = []
  let planted = 0
  try {
    const guest = await linux.connect()
    const { items } = await linuxGuestOs.fingerprint!([], guest, testContext(120))
    const files = items.filter(({ traits }) => traits['sha256'] !== undefined || traits['type'] === 'file')
    const paths = [...new Set(files.map(({ item }) => item))]
      .filter((path) => path.startsWith('/') && !LOGS.test(path))
      .sort()
    const ofType = (type: string): string[] =>
      items
        .filter(({ item, traits }) => traits['type'] === type && !NO_DISK.test(item) && !LOGS.test(item))
        .map(({ item }) => item)
        .sort()
    const changes = inTurns([
      changesOf(paths),
      linkChanges(ofType('link')),
      newFiles(ofType('folder')),
      numbered(),
    ]).slice(0, CHANGES)
    console.log(`  ${items.length} items, ${paths.length} files, ${changes.length} changes`)
    for (let from = 0; from < changes.length; from += AT_ONCE) {
      const batch = changes.slice(from, from + AT_ONCE)
      missed.push(...(await plantBatch(batch, guest)))
      planted += batch.length
    }
  } finally {
    await linux.close()
  }
  const told = planted - missed.length
  return {
    name: 'single changes planted in a guest',
    passed: planted > 0 && told / planted >= TARGET,
    lines: [
      `${told} of ${planted} told (target ${TARGET * 100} %)`,
      ...missed.slice(0, 20).map((line) => `missed ${line}`),
    ],
  }
}

/** Round by round over all files, each time another way for each: in a batch a file is changed once. */
function changesOf(paths: readonly string[]): readonly Change[] {
  const changes: Change[] = []
  for (const [round] of WAYS.entries())
    for (const [index, path] of paths.entries()) {
      const way = WAYS[(index + round) % WAYS.length]!
      if (NEEDED.test(path) && !way.harmless) continue
      const quoted = `'${path.replaceAll("'", `'\\''`)}'`
      const keep = `/run/kept-${round}-${index}`
      changes.push({
        item: path,
        what: way.what,
        // A program that runs is not written again: what the system needs gets its owner and mode back alone.
        plant: `${way.harmless ? `stat -c '%a %u:%g' ${quoted} >${keep}` : `cp -a ${quoted} ${keep}`}; ${way.plant(quoted)}`,
        undo: `${way.harmless ? `read -r mode owner <${keep}; chown $owner ${quoted}; chmod $mode ${quoted}` : `cp -a ${keep} ${quoted}`}; rm -f ${keep}`,
      })
    }
  return [...OTHERS, ...changes]
}

/** The first of each list, then the second of each … */
function inTurns(lists: readonly (readonly Change[])[]): readonly Change[] {
  const longest = Math.max(...lists.map(({ length }) => length))
  return Array.from({ length: longest }, (_, index) => lists.flatMap((list) => list[index] ?? [])).flat()
}

/** A name of a program that leads to another one. */
function linkChanges(links: readonly string[]): readonly Change[] {
  return links
    .filter((path) => !USED.test(path) && !path.startsWith('/lib'))
    .map((path, index) => {
      const quoted = `'${path}'`
      const keep = `/run/link-${index}`
      return {
        item: path,
        what: 'link',
        plant: `readlink ${quoted} >${keep}; ln -sfn /bin/planted ${quoted}`,
        undo: `read -r to <${keep}; ln -sfn "$to" ${quoted}; rm -f ${keep}`,
      }
    })
}

/** A file that was not there, in each folder. */
function newFiles(folders: readonly string[]): readonly Change[] {
  return folders
    .filter((folder) => folder !== '/')
    .map((folder) => {
      const path = `${folder}/planted`
      return { item: path, what: 'new file', plant: `echo x >'${path}'`, undo: `rm -f '${path}'` }
    })
}

/** Accounts, groups, addresses and routes, in turns. */
function numbered(): readonly Change[] {
  return Array.from({ length: OF_EACH }, (_, at): Change[] => {
    const [user, group, address, route] = [
      `planted${at}`,
      `plants${at}`,
      `10.7.${at}.1/24`,
      `10.6.${at}.0/24`,
    ]
    return [
      {
        item: `user:${user}`,
        what: 'account',
        plant: `echo '${user}:x:${4000 + at}:${4000 + at}::/:/bin/sh' >>/etc/passwd`,
        undo: `sed -i '/^${user}:/d' /etc/passwd`,
      },
      {
        item: `group:${group}`,
        what: 'group',
        plant: `echo '${group}:x:${5000 + at}:' >>/etc/group`,
        undo: `sed -i '/^${group}:/d' /etc/group`,
      },
      {
        item: address,
        what: 'address',
        plant: `ip addr add ${address} dev lo`,
        undo: `ip addr del ${address} dev lo`,
      },
      {
        item: `route:${route}`,
        what: 'route',
        plant: `ip route add ${route} dev lo`,
        undo: `ip route del ${route} dev lo`,
      },
    ]
  }).flat()
}

/** @returns what was not told */
async function plantBatch(batch: readonly Change[], guest: Channel): Promise<readonly string[]> {
  const memory = new Map<string, unknown>()
  const look = async (moment: CheckTarget['moment']) =>
    (
      await fingerprint.run(
        {
          guest,
          os: linuxGuestOs,
          secret: (name) => name,
          arm: 'candidate',
          moment,
          phase: 'check',
          profile: PROFILE,
          products: [],
          memory,
          starts: 1,
          startedAt: systemClock.now(),
        },
        testContext(120),
      )
    ).map((fact) => FactSchema.parse(fact))
  await look('baseline')
  await run(
    batch.map(({ plant }) => plant),
    guest,
  )
  const facts = await look('after-soak')
  await run(
    batch.map(({ undo }) => undo),
    guest,
  )
  const told = facts.flatMap((fact) => (fact.kind === 'change' && !fact.expected ? [fact.item] : []))
  return batch
    .filter(({ item }) => !told.some((name) => name === item || name.split(' ').includes(item)))
    .map(({ item, what }) => `${what}: ${item}`)
}

async function run(lines: readonly string[], guest: Channel): Promise<void> {
  const { exitCode, stderr } = await guest.exec(
    {
      program: '/bin/sh',
      arguments: ['-s'],
      input: `${lines.map((line) => `{ ${line}; }`).join('\n')}\nsync\n`,
    },
    testContext(120),
  )
  if (exitCode !== 0 || stderr.length > 0)
    console.log(`  the guest said: ${stderr.toString('utf8').slice(0, 300)}`)
}
