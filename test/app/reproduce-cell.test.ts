/** A published machine made again in a second lab with a store of its own; simulated machines. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { publishRun, type Published } from '../../src/app/publish-run.ts'
import { reproduceCell, type Reproduced, type ReproduceRequest } from '../../src/app/reproduce-cell.ts'
import { runCandidate, type RunControls } from '../../src/app/run-candidate.ts'
import { readBundle, verifyBundleFiles } from '../../src/app/verify-bundle-files.ts'
import { formatVerified } from '../../src/cli/format-verified.ts'
import { formatInstant, systemClock } from '../../src/kit/clock.ts'
import { keySigner } from '../../src/kit/signing.ts'
import { reproductionStatement } from '../../src/publish/countersignature.ts'
import { signStatement } from '../../src/publish/dsse.ts'
import {
  LOOP,
  PARTNER_KEY,
  PASSPHRASE,
  writeDocument,
  writeKeys,
  writeLab,
  writePartners,
  writeUpdateAndMatrix,
} from '../stand-ins/partner-labs.ts'

const folder = mkdtempSync(join(tmpdir(), 'rz-reproduce-'))
const at = (...names: readonly string[]): string => join(folder, ...names)
const signal = new AbortController().signal
const environment = { KEY: PARTNER_KEY, RINGZERO_KEY_PASSPHRASE: PASSPHRASE }
const controls: RunControls = {
  signal,
  log: { log: () => undefined },
  watch: () => ({ onEvent: () => undefined, close: async () => undefined }),
  keepGoing: true,
  keepFailed: false,
  policy: undefined,
}
const lab = (name: string, more: Parameters<typeof writeLab>[2] = {}): string => writeLab(folder, name, more)

const [publisher, second] = [writeKeys(folder, 'publisher'), writeKeys(folder, 'second')]
let bundle: Published
let failing: string
let passing: string
let runFolder: string

async function publish(more: { readonly cell?: string; readonly entry?: string } = {}): Promise<Published> {
  const partners = writePartners(folder, more.entry)
  return await publishRun({
    runFolder,
    partners,
    partner: 'own',
    out: at('published'),
    issued: formatInstant(systemClock.now()).slice(0, 10),
    ...(more.cell === undefined ? {} : { cell: more.cell }),
    signer: { key: publisher.key },
    environment,
    signal,
    warn: () => undefined,
    print: async () => ({ because: 'this test prints nothing' }),
  })
}

beforeAll(async () => {
  const { matrix, candidate } = writeUpdateAndMatrix(folder)
  const { runFolder: made } = await runCandidate(
    {
      matrix,
      lab: lab('first'),
      candidate,
      seed: 1,
      effort: 0,
      isolate: 0,
      runFolder: at('run'),
    },
    controls,
  )
  runFolder = made
  bundle = await publish()
  const id = (outcome: string): string => bundle.report.cells.find((cell) => cell.outcome === outcome)!.id
  ;[failing, passing] = [id('fail'), id('pass')]
}, 60_000)

let times = 0

async function reproduce(
  cell: string,
  labFile: string,
  more: Partial<ReproduceRequest> = {},
): Promise<Reproduced> {
  times += 1
  return await reproduceCell(
    {
      bundle: bundle.zip,
      key: publisher.open,
      cell,
      lab: labFile,
      candidate: at('update'),
      image: undefined,
      out: at(`reproduction-${times}`),
      countersigner: {},
      environment,
      ...more,
    },
    controls,
  )
}

const problemsOf = async (work: Promise<unknown>): Promise<string[]> =>
  await work.then(
    () => [],
    (error: { readonly problems?: readonly { readonly message: string }[] }) =>
      (error.problems ?? []).map(({ message }) => message),
  )

describe('a machine of a report, made again in another lab', () => {
  it('shows the same failure and the same pass', async () => {
    const bad = await reproduce(failing, lab('second'))
    expect(bad.reproduction).toMatchObject({
      result: 'same',
      differs: [],
      seen: { outcome: 'fail', blame: 'candidate' },
    })
    expect(bad.reproduction.seen.symptoms).toContainEqual(expect.stringContaining('boot-loop'))
    const good = await reproduce(passing, lab('second'))
    expect(good.reproduction).toMatchObject({ result: 'same', differs: [], seen: { outcome: 'pass' } })
  }, 60_000)

  it('tells what differs where it does', async () => {
    const healthy = await reproduce(failing, lab('healthy', { faults: [] }))
    expect(healthy.reproduction).toMatchObject({
      result: 'other',
      differs: [
        'the report says fail, and here it is pass',
        expect.stringContaining('blames'),
        expect.stringContaining('boot-loop is in the report and was not seen here'),
      ],
    })
    const other = await reproduce(failing, lab('other', { faults: [{ ...LOOP[0]!, behaviour: 'hang' }] }))
    expect(other.reproduction.result).toBe('other')
    expect(other.reproduction.differs.join()).toContain('boot-hang was seen here and is not in the report')
  }, 60_000)

  it('says that nothing can be said where the lab itself fails', async () => {
    const broken = lab('broken', { faults: [{ behaviour: 'create-fails' }] })
    expect((await reproduce(failing, broken)).reproduction.result).toBe('open')
  }, 60_000)

  it('lists all that is needed and missing, and starts nothing', async () => {
    writeDocument(folder, 'changed/candidate.yaml', {
      ...JSON.parse(readFileSync(at('update/candidate.yaml'), 'utf8')),
      release: '2',
    })
    writeFileSync(at('changed/x.dat'), 'content')
    const bare = lab('bare', { release: '2' })
    writeFileSync(bare, readFileSync(bare, 'utf8').replace('"generic"', '"cloud"'))
    expect(await problemsOf(reproduce(failing, bare, { candidate: at('changed') }))).toEqual([
      expect.stringMatching(/^candidate: update 1 with sha256/),
      'image: Micro, kernel generic',
      'product: Own Shield (own) in release 1; the lab has 2',
    ])
    const small = lab('small', { memoryMiB: 512 })
    expect(await problemsOf(reproduce(failing, small))).toEqual([
      expect.stringMatching(/^hardware profile: /),
    ])
  })

  it('is not tried for a report that was changed, that tells no recipe, or a machine that it does not have', async () => {
    writeFileSync(join(bundle.folder, 'summary.md'), 'another summary')
    expect(await problemsOf(reproduce(failing, lab('second'), { bundle: bundle.folder }))).toEqual([
      'summary.md was changed',
    ])
    const silent = await publish({ entry: 'show: { symptoms: all }' })
    await expect(reproduce(failing, lab('second'), { bundle: silent.zip })).rejects.toMatchObject({
      code: 'REPRODUCTION_UNTOLD',
    })
    await expect(reproduce('cell-zzz', lab('second'))).rejects.toMatchObject({ code: 'CELL_UNKNOWN' })
  })

  it('is countersigned; simulated machines, other statements and the publisher himself lift nothing', async () => {
    const { statement = '' } = await reproduce(failing, lab('second'), { countersigner: { key: second.key } })
    const verified = await verifyBundleFiles(bundle.zip, publisher.open, {
      statements: [statement],
      key: second.open,
    })
    expect(verified).toMatchObject({
      reproduced: [],
      problems: [{ what: expect.stringContaining('on a simulated machine, which reproduces nothing') }],
    })
    const own = await verifyBundleFiles(bundle.zip, publisher.open, {
      statements: [statement],
      key: publisher.open,
    })
    expect(own.problems[0]?.what).toContain('by the publisher himself')
    await expect(
      reproduce(failing, lab('second'), { key: undefined, countersigner: { key: second.key } }),
    ).rejects.toMatchObject({ code: 'USAGE' })
  }, 60_000)
})

it('is lifted to reproduced by what a second lab signs about real machines: a failing and a passing one', async () => {
  // What `reproduce` signs where the machines are no simulated ones.
  const countersigned = async (cell: string, more: { readonly outcome?: 'pass' } = {}): Promise<string> => {
    const told = bundle.report.cells.find(({ id }) => id === cell)!
    const seen = { outcome: told.outcome, blame: told.blame, symptoms: [], ...more }
    const { files } = await readBundle(bundle.zip)
    const statement = reproductionStatement(files, bundle.report, {
      cell,
      reproduction: { result: 'same', differs: [], seen },
      simulated: false,
      tool: '0.1.0',
      day: bundle.report.issued,
    })
    const path = at(`${cell}-${seen.outcome}.sigstore.json`)
    writeFileSync(
      path,
      await signStatement(statement, keySigner(readFileSync(second.key, 'utf8'), PASSPHRASE)),
    )
    return path
  }
  const statements = [await countersigned(failing), await countersigned(passing)]
  const verified = await verifyBundleFiles(bundle.zip, publisher.open, { statements, key: second.open })
  expect(verified).toMatchObject({ problems: [], reproduced: [failing, passing].sort() })
  expect(formatVerified(verified).at(-1)).toContain('reproduced by a second lab')
  // A failure that passed there lifts nothing.
  const other = [await countersigned(failing, { outcome: 'pass' })]
  expect(
    await verifyBundleFiles(bundle.zip, publisher.open, { statements: other, key: second.open }),
  ).toMatchObject({ reproduced: [], problems: [{ what: expect.stringContaining('which is not what') }] })
})

describe('a pack', () => {
  it('holds one machine, is checked and reproduced as a report is, and never says compatible', async () => {
    const plan = JSON.parse(readFileSync(join(runFolder, 'plan.json'), 'utf8')) as { cells: { id: string }[] }
    const packs = await Promise.all(plan.cells.map(({ id }) => publish({ cell: id })))
    for (const pack of packs) {
      expect(pack.report.cells).toHaveLength(1)
      expect(pack.report.result).not.toBe('compatible')
      expect(pack.report.notLookedAt.join()).toContain('All other machines with your products')
      expect((await verifyBundleFiles(pack.zip, publisher.open)).problems).toEqual([])
    }
    const pack = packs.find(({ report }) => report.cells[0]!.outcome === 'fail')!
    const [, cell] = /cell-(.*)/.exec(failing)!
    const { reproduction } = await reproduce(cell!, lab('second'), { bundle: pack.zip })
    expect(reproduction.result).toBe('same')
    await expect(publish({ cell: 'zzz' })).rejects.toMatchObject({ code: 'CELL_UNKNOWN' })
  }, 60_000)
})
