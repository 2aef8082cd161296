/** A signed bundle with all sorts of statements in it, and what somebody without the publisher's key can do to it. */
import { generateKeyPairSync, sign } from 'node:crypto'
import { keyIdOf, type ByteSigner } from '../../src/kit/signing.ts'
import { STATEMENT_FILES } from '../../src/model/bundle.ts'
import type { PartnerReport } from '../../src/model/partner-report.ts'
import type { Partner } from '../../src/model/partners.ts'
import { zipBundle, unzipBundle } from '../../src/publish/bundle-zip.ts'
import { signStatement } from '../../src/publish/dsse.ts'
import { checksumText, manifestText } from '../../src/publish/manifest.ts'
import { projectReport } from '../../src/publish/project-report.ts'
import { pseudonymsFor } from '../../src/publish/pseudonyms.ts'
import { commitmentsOf, registrationFor } from '../../src/publish/registration.ts'
import { PREDICATES, statementsOn } from '../../src/publish/statements.ts'
import { verifyBundle } from '../../src/publish/verify-bundle.ts'
import { scriptedPlan } from './scripted-plan.ts'
import { badRun, goodRun } from './scripted-report.ts'

export const DAY = '2026-11-28'
const SECRET = 'a secret of the laboratory, thirty-two characters and more'
const PARTNER: Partner = {
  name: 'netwatch',
  title: 'Netwatch Inc.',
  products: ['netwatch'],
  contact: 'us@example.org',
  show: { decision: true },
}

type Files = Map<string, Uint8Array>

export function newSigner(): ByteSigner {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return { keyId: keyIdOf(publicKey), publicKey, sign: async (data) => sign(undefined, data, privateKey) }
}

/** The publisher. */
export const SIGNER = newSigner()

/** The report on a run; `isRegistered`: something was signed for this reader before it. */
export function reportOn(run: ReturnType<typeof badRun>, isRegistered = false): PartnerReport {
  const pseudonyms = pseudonymsFor(PARTNER.name, SECRET)
  const plan = scriptedPlan()
  const basis = { plan, seed: run.report.run.seed, policySha256: run.gate.policySha256 }
  return projectReport({
    ...run,
    plan,
    matrix: { version: 1, id: 'demo', axes: {} },
    partner: PARTNER,
    publisher: 'Laboratory',
    pseudonymsFrom: 2,
    pseudonyms,
    issued: DAY,
    ...(isRegistered
      ? { registration: { commitments: commitmentsOf(basis, pseudonyms), asSigned: true, earlier: [] } }
      : {}),
  })
}

/** `claimed`: the report that the statements are about, where that is another one. */
export async function bundleOf(
  report: PartnerReport,
  {
    signer = SIGNER,
    claimed = report,
    run = goodRun(),
    more = new Map(),
  }: {
    readonly signer?: ByteSigner
    readonly claimed?: PartnerReport
    readonly run?: ReturnType<typeof badRun>
    readonly more?: ReadonlyMap<string, Uint8Array>
  } = {},
): Promise<Files> {
  const files: Files = new Map<string, Uint8Array>([
    ['report.json', Buffer.from(`${JSON.stringify(report, undefined, 2)}\n`)],
    ['index.html', Buffer.from('<!doctype html><title>a page</title>')],
    ['evidence/cell-1/candidate-1-serial.log', Buffer.from('kernel: hello')],
    ...more,
  ])
  const manifest = manifestText(report.id, files)
  files.set('manifest.json', Buffer.from(manifest))
  const statements = new Map(statementsOn(claimed, manifest, 'p'))
  const about = statements.get(STATEMENT_FILES.claim)
  if (report.registration !== undefined && about !== undefined) {
    const basis = { plan: scriptedPlan(), seed: run.report.run.seed, policySha256: run.gate.policySha256 }
    const registration = registrationFor(
      PARTNER,
      { ...basis, run: run.report.run.id, day: DAY, tool: run.report.tool.version, earlier: [] },
      pseudonymsFor(PARTNER.name, SECRET),
    )
    statements.set(STATEMENT_FILES.registration, {
      ...about,
      predicateType: PREDICATES.registration,
      predicate: { ...registration },
    })
  }
  for (const [path, statement] of statements)
    files.set(path, Buffer.from(await signStatement(statement, signer)))
  return withSums(files)
}

/** With the list of checksums made anew, which needs no key. */
export function withSums(files: ReadonlyMap<string, Uint8Array>): Files {
  const rest = new Map([...files].filter(([path]) => path !== 'SHA256SUMS'))
  return rest.set('SHA256SUMS', Buffer.from(checksumText(rest)))
}

/** With manifest and checksums made anew. */
function withManifest(files: ReadonlyMap<string, Uint8Array>, report: string): Files {
  const listed = [...files].filter(
    ([path]) => !path.startsWith('statements/') && path !== 'manifest.json' && path !== 'SHA256SUMS',
  )
  const manifest = Buffer.from(manifestText(report, new Map(listed)))
  return withSums(new Map([...files, ['manifest.json', manifest]]))
}

export interface Tampered {
  readonly how: string
  readonly files: ReadonlyMap<string, Uint8Array>
  /** The files that must be named, no more and no fewer. */
  readonly wrong: readonly string[]
}

export interface Tamperer {
  /** The untouched bundle. */
  readonly good: ReadonlyMap<string, Uint8Array>
  readonly tamper: (random: () => number) => Tampered
}

/** Every tampering is drawn by `random`, numbers from 0 to 1. */
export async function tamperer(): Promise<Tamperer> {
  const report = reportOn(goodRun(), true)
  const good = await bundleOf(report)
  const bad = badRun()
  const elsewhere = { ...bad, report: { ...bad.report, run: { ...bad.report.run, id: 'another run' } } }
  const other = await bundleOf(reportOn(elsewhere, true), { run: elsewhere })
  const foreign = await bundleOf(report, { signer: newSigner() })
  const statements = Object.values(STATEMENT_FILES) as string[]

  type Draw = (random: () => number) => Tampered
  const one = <T>(random: () => number, list: readonly T[]): T => list[Math.floor(random() * list.length)]!
  const paths = [...good.keys()]
  const listed = paths.filter(
    (path) => !statements.includes(path) && path !== 'manifest.json' && path !== 'SHA256SUMS',
  )
  const bytesOf = (path: string): Buffer => Buffer.from(good.get(path)!)
  const changed = (path: string, bytes: Uint8Array): Files => new Map([...good, [path, bytes]])
  const flipped = (random: () => number, bytes: Buffer): Buffer => {
    const copy = Buffer.from(bytes)
    const at = Math.floor(random() * copy.length)
    copy[at] = copy[at]! ^ (1 + Math.floor(random() * 255))
    return copy
  }
  const ways: Readonly<Record<string, Draw>> = {
    'a changed byte': (random) => {
      const path = one(random, paths)
      return { how: path, files: changed(path, flipped(random, bytesOf(path))), wrong: [path] }
    },
    'a changed bit, and checksums that fit': (random) => {
      const path = one(random, [...listed, ...statements])
      return { how: path, files: withSums(changed(path, flipped(random, bytesOf(path)))), wrong: [path] }
    },
    'a changed file, and manifest and checksums that fit': (random) => {
      const path = one(random, listed)
      const files = changed(path, flipped(random, bytesOf(path)))
      // A report that cannot be read is wrong by itself, too.
      const wrong = path === 'report.json' ? ['manifest.json', 'report.json?'] : ['manifest.json']
      return { how: path, files: withManifest(files, report.id), wrong }
    },
    'a field of the report, and manifest and checksums that fit': (random) => {
      const copy = JSON.parse(bytesOf('report.json').toString()) as Record<string, unknown>
      const key = one(
        random,
        Object.keys(copy).filter((name) => typeof copy[name] === 'string'),
      )
      copy[key] = one(random, ['compatible', 'TLP:CLEAR', '2030-01-01', 'another', ''])
      if (copy[key] === (report as unknown as Record<string, unknown>)[key]) copy[key] = 'something else'
      const files = changed('report.json', Buffer.from(`${JSON.stringify(copy, undefined, 2)}\n`))
      return { how: key, files: withManifest(files, report.id), wrong: ['manifest.json', 'report.json?'] }
    },
    'a file that was cut': (random) => {
      const path = one(random, paths)
      const bytes = bytesOf(path)
      const files = changed(path, bytes.subarray(0, Math.floor(random() * bytes.length)))
      return { how: path, files, wrong: [path] }
    },
    'a file with more at its end': (random) => {
      const path = one(random, paths)
      const more = one(random, ['\n', ' ', '\0', 'more', '}\n'])
      return {
        how: path,
        files: changed(path, Buffer.concat([bytesOf(path), Buffer.from(more)])),
        wrong: [path],
      }
    },
    'a file that was taken away': (random) => {
      const path = one(random, paths)
      return { how: path, files: new Map([...good].filter(([name]) => name !== path)), wrong: [path] }
    },
    'a file that was taken away, and checksums that fit': (random) => {
      const path = one(random, [...listed, ...statements])
      const files = withSums(new Map([...good].filter(([name]) => name !== path)))
      return { how: path, files, wrong: [path] }
    },
    'a file that was added': (random) => {
      const path = one(random, [
        'readme.txt',
        'report.pdf',
        'statements/more.sigstore.json',
        'INDEX.HTML',
        ' ',
      ])
      const files = changed(path, Buffer.from('hello'))
      return { how: path, files: random() < 0.5 ? files : withSums(files), wrong: [path] }
    },
    'a file by another name': (random) => {
      const path = one(random, paths)
      const files = new Map([...good].map(([name, bytes]) => [name === path ? `${name}.bak` : name, bytes]))
      return { how: path, files, wrong: [path, `${path}.bak`] }
    },
    'two files in each other’s place': (random) => {
      const first = one(random, paths)
      const second = one(
        random,
        paths.filter((path) => path !== first),
      )
      const files = new Map([...good, [first, good.get(second)!], [second, good.get(first)!]])
      return { how: `${first} and ${second}`, files, wrong: [first, second] }
    },
    'a statement of another report by the same key': (random) => {
      const path = one(
        random,
        statements.filter((name) => other.has(name)),
      )
      // What is signed by hash fits the manifest no more; which of the two was exchanged does not show.
      const wrong = path === STATEMENT_FILES.reference ? ['manifest.json'] : [path]
      return { how: path, files: withSums(changed(path, other.get(path)!)), wrong }
    },
    'a statement by another key': (random) => {
      const path = one(random, statements)
      return { how: path, files: withSums(changed(path, foreign.get(path)!)), wrong: [path] }
    },
    'all statements by another key': () => ({ how: '', files: foreign, wrong: statements }),
    'a statement that says something else under the same signature': (random) => {
      const path = one(random, statements)
      const envelope = JSON.parse(bytesOf(path).toString()) as { dsseEnvelope: { payload: string } }
      const payload = Buffer.from(envelope.dsseEnvelope.payload, 'base64').toString()
      const said = payload.replace(/compatible|PASSED|"[0-9a-f]{20,}"/, '"incompatible"')
      envelope.dsseEnvelope.payload = Buffer.from(said === payload ? `${payload} ` : said).toString('base64')
      return { how: path, files: changed(path, Buffer.from(`${JSON.stringify(envelope)}\n`)), wrong: [path] }
    },
    'a statement that is spelled in another way': (random) => {
      const path = one(random, statements)
      const text = JSON.stringify(JSON.parse(bytesOf(path).toString()), undefined, 1)
      return { how: path, files: withSums(changed(path, Buffer.from(text))), wrong: [path] }
    },
  }
  const names = Object.keys(ways)
  return {
    good,
    tamper: (random) => {
      const name = one(random, names)
      const tampered = ways[name]!(random)
      return { ...tampered, how: `${name}: ${tampered.how}` }
    },
  }
}

/** What `verify` says wrongly of a tampered bundle; undefined where it names just what was done. */
export async function misjudged({ how, files, wrong }: Tampered): Promise<string | undefined> {
  const { problems } = await verifyBundle(files, SIGNER.publicKey, DAY)
  const named = new Set(problems.map(({ file }) => file))
  const needed = wrong.filter((path) => !path.endsWith('?'))
  const allowed = new Set(wrong.map((path) => path.replace('?', '')))
  const isRight = needed.every((path) => named.has(path)) && [...named].every((path) => allowed.has(path))
  return isRight ? undefined : `${how}: ${[...named].join(', ') || 'nothing'} for ${wrong.join(', ')}`
}

/** The zip of a bundle with one byte changed; what `verify` would see in it. */
export async function misjudgedZip(
  good: ReadonlyMap<string, Uint8Array>,
  random: () => number,
): Promise<string | undefined> {
  const zip = zipBundle(good, 'report-1')
  const at = Math.floor(random() * zip.length)
  zip[at] = zip[at]! ^ (1 + Math.floor(random() * 255))
  try {
    const { files, isAsPacked } = unzipBundle(zip)
    const { problems } = await verifyBundle(files, SIGNER.publicKey, DAY)
    return problems.length > 0 || !isAsPacked ? undefined : `a changed byte at ${at} of the zip`
  } catch {
    // It is no zip any more.
    return undefined
  }
}
