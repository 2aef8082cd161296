/** What a Windows guest consists of: one script looks at the machine, named paths are hashed beside it. */
import { gunzipSync } from 'node:zlib'
import { z } from 'zod'
import { oneLine } from '../../../kit/text.ts'
import { AppError } from '../../../model/errors.ts'
import { AspectSchema, type Aspect } from '../../../model/observation.ts'
import type { Channel } from '../../../sdk/channel.ts'
import type { Context } from '../../../sdk/context.ts'
import type { Fingerprint, FingerprintItem } from '../../../sdk/guest-os.ts'
import { runProbe } from './run-probe.ts'
import { readFiles } from './system-probes.ts'

const MAXIMUM_FILES = 150_000
const MAXIMUM_ITEMS = 10_000
/** The listing unpacked: some two hundred characters for each file. */
const MAXIMUM_LISTING = 48 * 1024 * 1024
const MAXIMUM_EXACT = 2000

/** Where programs and the system keep what others rely on; `depth` is how many levels of folders are looked into. */
const ROOTS = [
  { path: 'C:\\', depth: 0 },
  { path: 'C:\\Windows', depth: 0 },
  { path: 'C:\\Windows\\System32', depth: 6 },
  { path: 'C:\\Windows\\SysWOW64', depth: 3 },
  { path: 'C:\\Program Files', depth: 6 },
  { path: 'C:\\Program Files (x86)', depth: 6 },
  { path: 'C:\\ProgramData', depth: 4 },
  { path: 'C:\\Users\\Public', depth: 3 },
]
const CURRENT = 'HKLM:\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion'
const NT = 'HKLM:\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion'
const CONTROL = 'HKLM:\\SYSTEM\\CurrentControlSet\\Control'
/** Values of the registry by which something starts by itself, or by which every program is set ("Run and RunOnce Registry Keys"). */
const PLACES = [
  { aspect: 'autostart', key: `${CURRENT}\\Run` },
  { aspect: 'autostart', key: `${CURRENT}\\RunOnce` },
  { aspect: 'autostart', key: 'HKLM:\\SOFTWARE\\WOW6432Node\\Microsoft\\Windows\\CurrentVersion\\Run' },
  { aspect: 'autostart', key: `${NT}\\Winlogon`, names: ['Shell', 'Userinit', 'GinaDLL', 'VMApplet'] },
  { aspect: 'autostart', key: `${NT}\\Windows`, names: ['AppInit_DLLs', 'LoadAppInit_DLLs'] },
  { aspect: 'autostart', key: `${CONTROL}\\Session Manager`, names: ['BootExecute', 'SetupExecute'] },
  {
    aspect: 'autostart',
    key: `${CONTROL}\\Lsa`,
    names: ['Authentication Packages', 'Security Packages', 'Notification Packages'],
  },
  { aspect: 'environment', key: `${CONTROL}\\Session Manager\\Environment` },
  { aspect: 'time-zone', key: `${CONTROL}\\TimeZoneInformation`, names: ['TimeZoneKeyName', 'Bias'] },
  { aspect: 'names', key: `${CONTROL}\\ComputerName\\ComputerName`, names: ['ComputerName'] },
  {
    aspect: 'network',
    key: `${CURRENT}\\Internet Settings`,
    names: ['ProxyServer', 'ProxyEnable', 'AutoConfigURL'],
  },
]

const text = (maximum: number) => z.string().transform((value) => oneLine(value, maximum))
const AnswerSchema = z.object({
  listing: z.base64().max(8 * 1024 * 1024),
  items: z
    .array(
      z.object({
        aspect: AspectSchema,
        item: text(400),
        traits: z.record(z.string().max(32), text(200)),
      }),
    )
    .max(MAXIMUM_ITEMS),
  cut: z.int().nonnegative(),
  clock: z.number(),
  sinceStartMs: z.number().nonnegative(),
})

/** @throws AppError GUEST_PROBE; ChannelLost, DeadlineError */
export async function windowsFingerprint(
  exact: readonly string[],
  guest: Channel,
  ctx: Context,
): Promise<Fingerprint> {
  const { files, cut } = await readFiles(exact, guest, ctx, MAXIMUM_EXACT)
  const answer = await runProbe(
    'fingerprint',
    { roots: ROOTS, autostarts: PLACES, maximum: MAXIMUM_FILES },
    AnswerSchema,
    guest,
    ctx,
  )
  const items = new Map<string, FingerprintItem>()
  for (const item of readListing(answer.listing)) items.set(`${item.aspect} ${item.item.toLowerCase()}`, item)
  for (const item of answer.items) items.set(`${item.aspect} ${item.item.toLowerCase()}`, item)
  for (const [item, { sha256 }] of files)
    items.set(`file ${item.toLowerCase()}`, {
      aspect: aspectOf(item),
      item,
      traits: { type: 'file', content: sha256 },
    })
  return {
    items: [...items.values()],
    cut: answer.cut + cut,
    clock: answer.clock,
    sinceStartMs: answer.sinceStartMs,
  }
}

/**
 * `folder path owner access` lines, each followed by `file name size time attributes` lines, packed by gzip. Whose content is
 * known by size and time only has the trait `listing`. @throws AppError GUEST_PROBE when it cannot be unpacked
 */
export function readListing(packed: string): FingerprintItem[] {
  const items: FingerprintItem[] = []
  let folder = ''
  for (const line of unpack(packed).split('\n')) {
    const [kind, name = '', ...rest] = line.split('\t').map((part) => oneLine(part, 400))
    if (kind === 'folder') {
      folder = name.replace(/\\$/, '')
      const [owner = '', access = ''] = rest
      items.push({ aspect: 'file', item: name, traits: { type: 'folder', owner, access } })
    } else if (kind === 'file' && rest.length === 3) {
      const [size, time, attributes] = rest
      const item = `${folder}\\${name}`
      items.push({
        aspect: aspectOf(item),
        item,
        traits: { type: 'file', listing: `${size} bytes of ${time}`, mode: `${attributes}` },
      })
    }
  }
  return items
}

function unpack(packed: string): string {
  try {
    return gunzipSync(Buffer.from(packed, 'base64'), { maxOutputLength: MAXIMUM_LISTING }).toString('utf8')
  } catch (error) {
    throw new AppError('GUEST_PROBE', 'host', 'the guest’s list of files cannot be unpacked', {
      cause: error,
    })
  }
}

function aspectOf(path: string): Aspect {
  if (/\\drivers\\etc\\[^\\]+$/i.test(path)) return 'names'
  if (/\\System32\\Tasks\\|\\Programs\\StartUp\\/i.test(path)) return 'autostart'
  return /\\System32\\GroupPolicy\\/i.test(path) ? 'setting' : 'file'
}
