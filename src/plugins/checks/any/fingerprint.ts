/**
 * The whole machine against its own baseline: files, autostarts, trust, accounts, names, network, settings, clock. Each
 * difference is a fact; what a machine does to itself the judge learns from the control.
 */
import { monotonicMs } from '../../../kit/clock.ts'
import { bounded } from '../../../kit/text.ts'
import type { Fact, FactOf } from '../../../model/observation.ts'
import { foldGuestName } from '../../../model/guest-name.ts'
import type { OsName } from '../../../model/recipe.ts'
import type { LoadedProduct } from '../../../model/product.ts'
import type { Check, CheckTarget } from '../../../sdk/check.ts'
import type { Context } from '../../../sdk/context.ts'
import type { Fingerprint, FingerprintItem } from '../../../sdk/guest-os.ts'
import { blind, expectation, look } from '../shared/look.ts'
import { EVERY_MOMENT } from '../shared/moments.ts'
import { recipePaths } from '../shared/recipe-paths.ts'

type Change = FactOf<'change'>
type Moment = Change['moment']
type Items = Readonly<Record<string, FingerprintItem>>

interface Baseline {
  readonly items: Items
  readonly cut: number
  /** Keys of items that differed between two looks right after each other: they change all the time. */
  readonly restless: readonly string[]
  readonly clock: ClockOffset
}

/** Guest's clock less the host's, in milliseconds. */
interface ClockOffset {
  /** Against the host's time of day, which is stepped when somebody or a time server sets it. */
  readonly wall: number
  /** Against the host's clock that only runs on. */
  readonly steady: number
  readonly pace?: Pace
}

/** How long the machine ran at a look, in milliseconds, by its own steady clock and by the host's. */
interface Pace {
  /** The start that it ran from: the first, the second … of the attempt. */
  readonly start: number
  readonly guest: number
  readonly host: number
}

/** Facts of one look; the gravest are kept. */
const MOST = 300
/** A clock that is off by more than this against the baseline makes certificates, tickets and schedules wrong. */
const CLOCK_TOLERANCE_MS = 60_000
/** By so much may the steady clock have gained more or less than a clock is off: firmware runs before that clock does, now longer, now shorter. */
const BY_ITSELF_MS = 30_000
const BY_ITSELF_SHARE = 0.25
/** Numbers from here on may be worked out of the machine's memory, and then wander by less than this share. */
const WORKED_OUT = 1000
const WANDERS = 0.05
/** Candidates that are updates of the system itself replace its files. */
const SYSTEM_KINDS: ReadonlySet<string> = new Set(['msu', 'cab'])

export const fingerprint: Check = {
  id: 'fingerprint',
  title: 'nothing of the machine changed that the candidate has no business with',
  cannotSee:
    'items that change by themselves (they differed between two looks at the baseline); on Windows the content of files that neither a recipe nor a product names, of which it reads size, time and attributes, and access lists below the third level of folders',
  moments: EVERY_MOMENT,
  os: ['linux', 'windows'],
  shows: [
    'service-degraded',
    'false-positive-quarantine',
    'trust-lost',
    'trust-gained',
    'permissions-changed',
    'accounts-changed',
    'settings-changed',
    'clock-changed',
    'network-loss',
    'network-changed',
    'rollback-incomplete',
    'left-behind',
    'new-autostart',
  ],
  async run(target, ctx) {
    const looked = await look('fingerprint', () => take(target, ctx))
    if (looked.blind !== undefined) return [looked.blind]
    if (looked.value === undefined)
      return [blind('fingerprint', `${target.os.name} guests of this lab cannot be looked at as a whole`)]
    const { print, offset } = looked.value
    const fold = foldOf(target.os.name)
    const items = Object.fromEntries(print.items.map((item) => [keyOf(item, fold), item]))
    if (target.moment === 'baseline') {
      const again = await look('fingerprint', () => take(target, ctx))
      const restless =
        again.blind !== undefined || again.value === undefined
          ? []
          : restlessKeys(items, again.value.print.items, fold)
      const baseline: Baseline = { items, cut: print.cut, restless, clock: offset }
      target.memory.set('baseline', baseline)
      return [clock(offset, offset)]
    }
    const before = target.memory.get('baseline') as Baseline | undefined
    if (before === undefined)
      return [blind('fingerprint', 'the machine was not looked at before the candidate came')]
    const { moment } = target
    const left = Math.max(before.cut, print.cut)
    return [
      clock(before.clock, offset),
      // A guest that is filled with files must not hide by it what else was taken away or added.
      ...(left === 0
        ? []
        : [
            blind(
              'fingerprint',
              `${left} items of the machine were left out, so that what is gone or new among them cannot be told`,
            ),
          ]),
      ...bound(changes(before, { items, cut: print.cut }, moment, target), moment),
    ]
  },
}

async function take(
  target: CheckTarget,
  ctx: Context,
): Promise<{ readonly print: Fingerprint; readonly offset: ClockOffset } | undefined> {
  const { os, guest, candidate, products, starts, startedAt } = target
  if (os.fingerprint === undefined) return undefined
  const exact = [
    ...os.systemFiles(),
    ...recipePaths(candidate?.recipes, os.name),
    ...products.flatMap((product) => declaredPaths(product, target)),
  ]
  const print = await os.fingerprint([...new Set(exact)], guest, ctx)
  // Asked last, so that the way back is all that lies between the two clocks.
  const now = ctx.clock.now()
  const { clock: guestNow, sinceStartMs } = print
  const pace =
    sinceStartMs === undefined ? {} : { pace: { start: starts, guest: sinceStartMs, host: now - startedAt } }
  return { print, offset: { wall: guestNow - now, steady: guestNow - monotonicMs(), ...pace } }
}

function restlessKeys(first: Items, second: readonly FingerprintItem[], fold: Fold): readonly string[] {
  const again = new Map(second.map((item) => [keyOf(item, fold), item]))
  const keys = new Set([...Object.keys(first), ...again.keys()])
  return [...keys].filter((key) => {
    const [a, b] = [first[key], again.get(key)]
    return a === undefined || b === undefined || differing(a, b).length > 0
  })
}

/**
 * A guest that runs on keeps pace with the host's steady clock, a guest that starts reads the host's time of day: where the
 * host's own clock was set, only one of the two holds. A kernel measures the speed of its processor when it starts, and on a
 * crowded host it measures wrongly: all its clocks then run too fast or too slow. Nobody set that clock.
 */
function clock(before: ClockOffset, now: ClockOffset): Fact {
  const [wall, steady] = [now.wall - before.wall, now.steady - before.steady]
  const seconds = Math.round(wall / 1000)
  const off = Math.abs(wall) < Math.abs(steady) ? wall : steady
  const holds = Math.abs(off) <= CLOCK_TOLERANCE_MS
  const byItself = gainedByItself(before.pace, now.pace).find(
    (gained) =>
      Math.abs(off - gained) <= Math.max(BY_ITSELF_MS, BY_ITSELF_SHARE * Math.abs(off)) &&
      Math.abs(gained) > BY_ITSELF_MS,
  )
  if (!holds && byItself !== undefined)
    return blind(
      'clock:offset',
      `all clocks of the guest ${byItself > 0 ? 'gained' : 'lost'} ${Math.abs(Math.round(byItself / 1000))} s, also the clock that nobody can set: the host did not give the machine the time to measure its processor when it started, so that its own times mean nothing`,
    )
  return expectation('clock-changed', {
    subject: 'clock:offset',
    expected: 'the guest’s clock keeps pace with the host’s',
    seen: holds ? 'it does' : `it was set ${seconds > 0 ? 'forward' : 'back'} by ${Math.abs(seconds)} s`,
    holds,
  })
}

/**
 * Milliseconds that the guest's steady clock gained on the host's since the baseline. Of another start there are two answers: the
 * baseline's clock gained, too, since it started; or that machine came from a checkpoint, where its clock was set.
 */
function gainedByItself(before: Pace | undefined, now: Pace | undefined): readonly number[] {
  if (before === undefined || now === undefined) return []
  const gain = now.guest - now.host
  const sinceBaseline = gain - (before.guest - before.host)
  return before.start === now.start ? [sinceBaseline] : [sinceBaseline, gain]
}

function changes(
  before: Pick<Baseline, 'items' | 'cut' | 'restless'>,
  now: { readonly items: Items; readonly cut: number },
  moment: Moment,
  target: CheckTarget,
): readonly Change[] {
  const restless = new Set(before.restless)
  const owner = owners(target, before.items)
  const found: Change[] = []
  for (const [key, was] of Object.entries(before.items)) {
    if (restless.has(key)) continue
    const is = now.items[key]
    if (is !== undefined) {
      const traits = differing(was, is)
      if (traits.length > 0) found.push(owner.change({ was, is, traits, moment, what: 'changed' }))
    } else if (now.cut === 0) found.push(owner.change({ was, is, traits: [], moment, what: 'gone' }))
  }
  if (before.cut > 0) return found
  const added = Object.entries(now.items).flatMap(([key, is]) =>
    key in before.items || restless.has(key) ? [] : [is],
  )
  return [
    ...found,
    ...collapse(added).map(({ is, count }) => ({
      ...owner.change({ was: undefined, is, traits: [], moment, what: 'new' }),
      count,
    })),
  ]
}

/** The files of a new folder are told as that folder, with their number; a new folder without any is nothing. */
function collapse(
  added: readonly FingerprintItem[],
): readonly { readonly is: FingerprintItem; readonly count: number }[] {
  const folders = new Map(
    added
      .filter(({ aspect, traits }) => aspect === 'file' && traits['type'] === 'folder')
      .map((folder) => [folder.item, { is: folder, count: 0 }]),
  )
  const single: { is: FingerprintItem; count: number }[] = []
  for (const is of added) {
    if (is.traits['type'] === 'folder') continue
    const top = is.aspect === 'file' && !isPrivileged(is) ? topFolder(is.item, folders) : undefined
    if (top === undefined) single.push({ is, count: 1 })
    else top.count += 1
  }
  return [...single, ...[...folders.values()].filter(({ count }) => count > 0)]
}

function topFolder<T>(path: string, folders: ReadonlyMap<string, T>): T | undefined {
  for (const { index } of path.matchAll(/(?<=.)[\\/]/g)) {
    const folder = folders.get(path.slice(0, index))
    if (folder !== undefined) return folder
  }
  return undefined
}

/** Set-user-id or set-group-id: whoever runs it is somebody else (chmod(2)). */
function isPrivileged({ traits }: FingerprintItem): boolean {
  return traits['type'] === 'file' && (Number.parseInt(traits['mode'] ?? '0', 8) & 0o6000) !== 0
}

function differing(was: FingerprintItem, is: FingerprintItem): readonly string[] {
  const names = new Set([...Object.keys(was.traits), ...Object.keys(is.traits)])
  const same = was.aspect === 'setting' ? sameSetting : (a?: string, b?: string): boolean => a === b
  return [...names].filter((name) => !same(was.traits[name], is.traits[name]))
}

/** Sizes that the kernel works out of its free memory at each start (vm.admin_reserve_kbytes, mm/mmap.c) wander a little. */
function sameSetting(was = '', is = ''): boolean {
  if (was === is) return true
  const [before, after] = [was.trim().split(/\s+/), is.trim().split(/\s+/)]
  return (
    before.length === after.length &&
    before.every((value, index) => {
      const [a, b] = [Number(value), Number(after[index])]
      return (
        value === after[index] ||
        (Math.min(a, b) >= WORKED_OUT && Math.abs(a - b) <= Math.max(a, b) * WANDERS)
      )
    })
  )
}

/** Says of each change whose thing it is, and whether the candidate may do that. */
function owners(target: CheckTarget, items: Items) {
  const { candidate, os, products, owned = {}, moment } = target
  const fold = foldOf(os.name)
  const folded = (names: readonly string[]): ReadonlySet<string> => new Set(names.map(fold))
  const own = folded(recipePaths(candidate?.recipes, os.name))
  const services = folded([
    ...(candidate?.recipes?.[os.name]?.verify?.services ?? []),
    ...(candidate?.recipes?.[os.name]?.install?.restartServices ?? []),
  ])
  const declared = new Map(products.map((product) => [product.id, folded(declaredPaths(product, target))]))
  const layers = new Map(
    Object.entries(owned).flatMap(([id, keys]) => keys.map((key) => [fold(key), id] as const)),
  )
  const productOf = (item: FingerprintItem): string | undefined =>
    [...declared].find(([, paths]) => paths.has(fold(item.item)))?.[0] ?? layers.get(keyOf(item, fold))
  const folders =
    candidate?.product === undefined ? undefined : foldersOf(candidate.product, items, productOf, fold)
  const neighbours = new Map<string, boolean>()
  const isNeighbours = (folder: string): boolean => {
    const known = neighbours.get(folder) ?? isOfOneProduct(folder, items, productOf, fold)
    neighbours.set(folder, known)
    return known
  }
  // Itself, or the new folder that stands for it.
  const isPlaced = ({ item, traits }: FingerprintItem): boolean =>
    own.has(fold(item)) ||
    (traits['type'] === 'folder' &&
      [...own].some((path) => /^[\\/]/.test(path.slice(item.length)) && path.startsWith(fold(item))))
  const mayChange = (item: FingerprintItem, product: string | undefined): boolean => {
    // What the candidate brought must be gone, whosever folder it lies in.
    if (moment === 'after-rollback' && isPlaced(item)) return false
    const named = declared.get(candidate?.product ?? '')?.has(fold(item.item)) === true
    // What the candidate's own product makes of it in its own folders is the product's business.
    const data = product !== undefined && candidate?.product === product && !named
    if (data || (product === undefined && folders?.has(fold(folderOf(item.item))) === true)) return true
    // As a neighbour that writes down what it sees: also that a user came and went, which another check makes.
    if (product === undefined && isData(item) && isNeighbours(fold(folderOf(item.item)))) return true
    if (moment === 'after-rollback') return false
    if (own.has(fold(item.item))) return true
    if (product !== undefined) return candidate?.product === product && candidate.kind !== 'content'
    return SYSTEM_KINDS.has(candidate?.kind ?? '')
  }
  return {
    change({
      was,
      is,
      traits,
      moment: at,
      what,
    }: {
      readonly was: FingerprintItem | undefined
      readonly is: FingerprintItem | undefined
      readonly traits: readonly string[]
      readonly moment: Moment
      readonly what: Change['what']
    }): Change {
      const item = (is ?? was) as FingerprintItem
      const product = was === undefined ? undefined : productOf(item)
      const named = nameOf(item.item)
      return {
        kind: 'change',
        moment: at,
        aspect: item.aspect,
        item: bounded(item.item, 500),
        what,
        traits: traits.slice(0, 8).map((name) => name.slice(0, 32)),
        belongsTo: was === undefined ? 'nobody' : product === undefined ? 'system' : `product:${product}`,
        expected:
          mayChange(item, product) ||
          (moment !== 'after-rollback' && what === 'new' && services.has(fold(named))),
        declared: product !== undefined && declared.get(product)?.has(fold(item.item)) === true,
        before: bounded(spell(was, traits), 300),
        after: bounded(spell(is, traits), 300),
        count: 1,
      }
    },
  }
}

/** Folders in which nothing stands but what belongs to the product. */
function foldersOf(
  id: string,
  items: Items,
  productOf: (item: FingerprintItem) => string | undefined,
  fold: Fold,
): ReadonlySet<string> {
  const mine = new Set<string>()
  const shared = new Set<string>()
  for (const item of Object.values(items)) {
    if (item.traits['type'] === undefined || item.traits['type'] === 'folder') continue
    const folder = fold(folderOf(item.item))
    if (productOf(item) === id) mine.add(folder)
    else shared.add(folder)
  }
  return new Set([...mine].filter((folder) => !shared.has(folder)))
}

/** Executable by its mode or its name: what a product writes while it runs is neither. */
function isData({ aspect, traits, item }: FingerprintItem): boolean {
  const { type, mode } = traits
  if (aspect !== 'file' || type !== 'file' || PROGRAM.test(item)) return false
  return !/^[0-7]{4}$/.test(mode ?? '') || (Number.parseInt(mode ?? '', 8) & 0o7111) === 0
}

/** Programs by name, with those that an interpreter of Windows or a linker of Linux loads. */
const PROGRAM =
  /\.(?:exe|dll|sys|ocx|cpl|drv|efi|scr|msc|msi|com|ps1|psm1|cmd|bat|vbs|js|wsf|jar|sh|py|pl|so|ko)(?:\.[\d.]+)?$/i

/**
 * Folders in which software of everybody lies, though on a small system all of it may be of one product: the root and the folders right
 * below it, those of the system, and those that hold a folder for each product.
 */
const SHARED_FOLDER =
  /^(?:\/[^/]*|\/(?:usr|var|etc|run|home)\/[^/]*|\/usr\/(?:local|lib)\/[^/]*|\/var\/(?:log|lib|spool|cache)|[a-z]:(?:\\[^\\]*)?|[a-z]:\\(?:windows|users)\\.*)$/i

/** Whether all files of a folder, however deep, belonged to one product before the candidate came. `folder` and names in one spelling. */
function isOfOneProduct(
  folder: string,
  items: Items,
  productOf: (item: FingerprintItem) => string | undefined,
  fold: Fold,
): boolean {
  if (SHARED_FOLDER.test(folder)) return false
  const whose = new Set<string | undefined>()
  for (const item of Object.values(items)) {
    const name = fold(item.item)
    const isBelow = name.startsWith(folder) && /^[\\/]/.test(name.slice(folder.length))
    if (isBelow && item.aspect === 'file' && item.traits['type'] !== 'folder') whose.add(productOf(item))
  }
  return whose.size === 1 && !whose.has(undefined)
}

function folderOf(path: string): string {
  return path.replace(/[\\/][^\\/]*$/, '')
}

/** `/etc/x/netwatch.service` and `service:netwatch` are both called netwatch. */
function nameOf(item: string): string {
  const last = item.split(/[\\/:]/).at(-1) ?? item
  return last.replace(/\.[a-z]+$/, '')
}

function spell(item: FingerprintItem | undefined, traits: readonly string[]): string {
  if (item === undefined) return 'nothing'
  const shown = traits.length === 0 ? Object.keys(item.traits) : traits
  return shown
    .map((name) => `${name} ${(item.traits[name] ?? 'none').replace(/^([0-9a-f]{12})[0-9a-f]{52}$/, '$1…')}`)
    .join(', ')
}

/** What the product's package puts in place, and what its file names as protected. */
function declaredPaths(product: LoadedProduct, { os }: CheckTarget): readonly string[] {
  const { protectedFiles = [] } = product.health[os.name] ?? {}
  return [...new Set([...protectedFiles, ...recipePaths(product.recipes, os.name)])]
}

function keyOf({ aspect, item }: FingerprintItem, fold: Fold): string {
  return fold(`${aspect} ${item}`)
}

/** Names that are the same to the system become one. */
type Fold = (name: string) => string

function foldOf(os: OsName): Fold {
  return (name) => foldGuestName(name, os)
}

const GRAVITY = ['gone', 'changed', 'new'] as const

/** What is beyond the bound is counted, in one fact. */
function bound(all: readonly Change[], moment: Moment): readonly Change[] {
  if (all.length <= MOST) return all
  const weight = ({ what, expected, aspect }: Change): number =>
    (expected ? 10 : 0) + GRAVITY.indexOf(what) + (aspect === 'file' ? 0.5 : 0)
  const sorted = all.toSorted((a, b) => weight(a) - weight(b))
  const rest = sorted.slice(MOST - 1)
  const unexpected = rest.filter(({ expected }) => !expected)
  return [
    ...sorted.slice(0, MOST - 1),
    {
      kind: 'change',
      moment,
      aspect: 'file',
      item: 'more changes than are told one by one',
      what: rest[0]?.what ?? 'new',
      traits: [],
      belongsTo: 'system',
      expected: unexpected.length === 0,
      declared: false,
      before: '',
      after: `${rest.length} more`,
      count: rest.length,
    },
  ]
}
