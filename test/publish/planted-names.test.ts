/** Names planted into every field of a run that a lab, a candidate or a guest can fill: none comes out in a partner's bundle. */
import { gunzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bundleVocabulary, renderBundle } from '../../src/app/render-bundle.ts'
import type { Partner } from '../../src/model/partners.ts'
import { collectNames } from '../../src/publish/leak-scan/run-names.ts'
import { findLeaks } from '../../src/publish/leak-scan/scan.ts'
import { projectReport } from '../../src/publish/project-report.ts'
import { pseudonymsFor } from '../../src/publish/pseudonyms.ts'
import { OWN, plantedRun, SHOWN_AXIS, type PlantedRun } from '../stand-ins/planted-run.ts'

const RUNS = Number(process.env['RINGZERO_PLANTED_RUNS'] ?? 60)
const SECRET = 'a secret of the laboratory, thirty-two characters and more'
const PARTNER: Partner = {
  name: 'own',
  title: 'Own Incorporated',
  products: [OWN],
  contact: 'compat@example.org',
  show: {
    axes: [SHOWN_AXIS],
    symptoms: 'all',
    details: ['phase', 'milestone', 'code', 'module'],
    others: 'pseudonym',
    numbers: 'exact',
    decision: true,
  },
}

function reportOf(run: PlantedRun, partner = PARTNER): ReturnType<typeof projectReport> {
  return projectReport({
    ...run,
    partner,
    publisher: 'Laboratory',
    pseudonymsFrom: 2,
    pseudonyms: pseudonymsFor(partner.name, SECRET),
    issued: '2026-11-28',
  })
}

/** What partners.yaml shows of a run: the candidate, the tool, the partner's product, the values of one axis. */
function mayBeSeen({ report, plan }: PlantedRun): ReadonlySet<string> {
  const { title, release, kind, sha256 } = report.candidate
  const own = plan.products?.find(({ id }) => id === OWN)
  const axis = plan.axes.find(({ id }) => id === SHOWN_AXIS)
  return new Set(
    [
      title,
      release,
      kind,
      sha256,
      report.tool.version,
      own?.title,
      own?.release,
      axis?.title,
      ...(axis?.values ?? []).flatMap((value) => [value.id, value.title, value.spelling]),
    ].filter((text) => text !== undefined),
  )
}

/** Bytes of a file with the packed parts of a page unpacked: a way of looking that shares nothing with the scan. */
function plainly(bytes: Uint8Array): Buffer {
  const text = Buffer.from(bytes).toString('utf8')
  const packed = [...text.matchAll(/<script type="application\/gzip"[^>]*>([^<]*)/g)]
  return Buffer.from([text, ...packed.map(([, data]) => gunzipSync(Buffer.from(data!, 'base64')))].join('\n'))
}

function holds(bytes: Buffer, name: string): boolean {
  const text = bytes.toString('latin1').toLowerCase()
  const utf8 = Buffer.from(name)
  const inBase64 = [0, 1, 2].map((before) =>
    Buffer.concat([Buffer.alloc(before), utf8])
      .toString('base64')
      .slice(Math.ceil((before * 4) / 3), Math.floor(((before + utf8.length) * 4) / 3)),
  )
  return (
    text.includes(name.toLowerCase()) ||
    bytes.includes(Buffer.from(name, 'utf16le')) ||
    bytes.includes(utf8.toString('hex')) ||
    inBase64.some((part) => bytes.includes(part))
  )
}

describe('a bundle of a run with names planted everywhere', () => {
  it(`holds none of them but what the partner may see, in ${RUNS} runs`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0 }), async (seed) => {
        const run = plantedRun(seed)
        const allowed = mayBeSeen(run)
        const files = (await renderBundle(reportOf(run))).map(
          ({ path, bytes }) => [path, plainly(bytes)] as const,
        )
        const found = [...run.names]
          .filter(([name]) => !allowed.has(name))
          .flatMap(([name, place]) =>
            files.filter(([, bytes]) => holds(bytes, name)).map(([path]) => `${place} in ${path}`),
          )
        expect(found).toEqual([])
      }),
      { numRuns: RUNS },
    )
  }, 600_000)

  it('shows what the partner may see, so that the names would be found', async () => {
    const run = plantedRun(1)
    const [report] = await renderBundle(reportOf(run))
    const chosen = new Set(
      run.plan.axes.flatMap(({ values }) => values.flatMap((value) => Object.values(value))),
    )
    const always = [...mayBeSeen(run)].filter((name) => !chosen.has(name))
    expect(always.length).toBeGreaterThan(5)
    expect(always.filter((name) => !holds(plainly(report!.bytes), name))).toEqual([])
  })

  it('is refused by the scan as soon as any one of them gets in, and only then', async () => {
    const vocabulary = await bundleVocabulary()
    fc.assert(
      fc.property(fc.integer({ min: 0 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (seed, place) => {
        const run = plantedRun(seed)
        const shown = reportOf(run)
        const known = { ...run, secrets: [], vocabulary, notSecret: [], others: [] }
        const collector = collectNames(known, PARTNER, shown)
        for (const part of [run.plan, run.report, run.gate, run.matrix]) collector.add(part)
        const leaksOf = (report: typeof shown): string[] => {
          const bytes = Buffer.from(JSON.stringify(report))
          return findLeaks([{ path: 'report.json', bytes }], collector.forbidden).map(({ name }) => name)
        }
        expect(leaksOf(shown)).toEqual([])
        // Parts of a planted run that others took the place of are gone with their names.
        const text = JSON.stringify([run.plan, run.report, run.gate, run.matrix])
        const allowed = mayBeSeen(run)
        const names = [...run.names.keys()].filter((name) => !allowed.has(name) && text.includes(name))
        const leaked = names[Math.floor(place * names.length)]!
        expect(leaksOf({ ...shown, contact: `ask about ${leaked}` })).toEqual([leaked])
      }),
      { numRuns: 60 },
    )
  })
})
