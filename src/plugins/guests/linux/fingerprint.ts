/** What a Linux guest consists of, from one answer of `probes.sh fingerprint`. */
import type { Instant } from '../../../kit/clock.ts'
import { oneLine } from '../../../kit/text.ts'
import type { Aspect } from '../../../model/observation.ts'
import type { Channel } from '../../../sdk/channel.ts'
import type { Context } from '../../../sdk/context.ts'
import type { Fingerprint, FingerprintItem } from '../../../sdk/guest-os.ts'
import { askGuest, numberOf, type Answer } from './ask-guest.ts'

const MAXIMUM_ITEMS = 20_000
const MAXIMUM_TRAIT = 200

/** What a path is to the system; the first that fits. hier(7), file-hierarchy(7) and the guest's own service folder. */
const ASPECTS: readonly (readonly [Aspect, RegExp])[] = [
  [
    'certificate',
    /^\/(?:etc\/(?:ssl|pki|ca-certificates)|usr\/(?:local\/)?share\/(?:ca-certificates|pki))(?:\/|$|\.conf$)/,
  ],
  ['certificate', /\.(?:pem|crt|cer|jks|p12)$/],
  [
    'account',
    /^\/etc\/(?:passwd|shadow|group|gshadow|sudoers|sudoers\.d\/.*|subuid|subgid|login\.defs|pam\.d\/.*)-?$/,
  ],
  ['account', /\/\.ssh\/authorized_keys$/],
  ['names', /^\/etc\/(?:hosts|hostname|resolv\.conf|nsswitch\.conf|host\.conf|gai\.conf)$/],
  ['firewall', /^\/etc\/(?:nftables|iptables|firewalld|ufw)/],
  [
    'autostart',
    /^\/etc\/(?:ringzero-guest\/|inittab$|init\.d\/|rc|cron|anacrontab|systemd\/|modules|modprobe\.d\/|udev\/|xdg\/autostart\/|at\.|ld\.so\.preload$)/,
  ],
  [
    'autostart',
    /^\/(?:usr\/)?lib\/(?:systemd|modules-load\.d|udev)\/|^\/var\/spool\/(?:cron|at)|^\/sbin\/init$/,
  ],
  [
    'environment',
    /^\/etc\/(?:environment|profile|bash\.bashrc|security\/|ld\.so\.conf)|^\/root\/\.(?:profile|bashrc|ashrc)$/,
  ],
  ['time-zone', /^\/etc\/(?:localtime|timezone|TZ|adjtime)$/],
  ['boot-entry', /^\/boot\/|^\/etc\/(?:default\/grub|kernel\/)/],
  ['mount', /^\/etc\/fstab$/],
  ['setting', /^\/etc\/sysctl/],
]

/** @throws AppError GUEST_PROBE; ChannelLost, DeadlineError */
export async function linuxFingerprint(guest: Channel, ctx: Context): Promise<Fingerprint> {
  const answers = await askGuest('fingerprint', [String(MAXIMUM_ITEMS)], guest, ctx)
  return readFingerprint(answers)
}

/** @throws AppError GUEST_PROBE when it does not say what time it is */
export function readFingerprint(answers: readonly Answer[]): Fingerprint {
  const clock: Instant = numberOf('fingerprint', answers, 'clock') * 1000
  const sinceStartMs = numberOf('fingerprint', answers, 'uptime') * 1000
  const items = new Map<string, FingerprintItem>()
  const add = (aspect: Aspect, item: string, traits: FingerprintItem['traits']): void => {
    const key = `${aspect} ${item}`
    items.set(key, { aspect, item, traits: { ...items.get(key)?.traits, ...traits } })
  }
  for (const { key, value } of answers) {
    if (key === 'entry' || key === 'hash' || key === 'link') addPath(key, value, add)
    else if (key === 'fact') {
      const [aspect = '', item = '', ...rest] = value.split('\t')
      if (FACT_ASPECTS.has(aspect as Aspect))
        add(aspect as Aspect, oneLine(aspect === 'setting' ? item.replaceAll('/', '.') : item, 400), {
          value: oneLine(rest.join(' '), MAXIMUM_TRAIT),
        })
    }
  }
  return { items: [...items.values()], cut: numberOf('fingerprint', answers, 'cut'), clock, sinceStartMs }
}

const FACT_ASPECTS: ReadonlySet<Aspect> = new Set<Aspect>([
  'account',
  'names',
  'network',
  'firewall',
  'environment',
  'mount',
  'setting',
  'time-zone',
])

type Add = (aspect: Aspect, item: string, traits: FingerprintItem['traits']) => void

/** `entry`: mode (hexadecimal) uid gid path. `hash`: sha256 path. `link`: 'path' -> 'target'. */
function addPath(key: 'entry' | 'hash' | 'link', value: string, add: Add): void {
  if (key === 'entry') {
    const [, mode = '', owner = '', path = ''] = /^([0-9a-f]{1,8}) (\d+ \d+) (\/.*)$/.exec(value) ?? []
    if (path === '') return
    const bits = Number.parseInt(mode, 16)
    const type = TYPES[bits >> 12] ?? 'other'
    // A link has no permissions of its own.
    const permissions = type === 'link' ? '' : (bits & 0o7777).toString(8).padStart(4, '0')
    add(aspectOf(path), path, { type, mode: permissions, owner: owner.replace(' ', ':') })
  } else if (key === 'hash') {
    const [, content = '', path = ''] = /^([0-9a-f]{64}) {2}(\/.*)$/.exec(value) ?? []
    if (path !== '') add(aspectOf(path), path, { content })
  } else {
    const [, path = '', content = ''] = /^'(\/.*)' -> '(.*)'$/.exec(value) ?? []
    if (path !== '') add(aspectOf(path), path, { content: oneLine(content, MAXIMUM_TRAIT) })
  }
}

/** stat(2): the four highest bits of st_mode. */
const TYPES: Readonly<Record<number, string>> = {
  1: 'pipe',
  2: 'device',
  4: 'folder',
  6: 'device',
  8: 'file',
  10: 'link',
  12: 'socket',
}

function aspectOf(path: string): Aspect {
  return ASPECTS.find(([, pattern]) => pattern.test(path))?.[0] ?? 'file'
}
