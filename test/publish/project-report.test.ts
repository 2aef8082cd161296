import { describe, expect, it } from 'vitest'
import type { Partner } from '../../src/model/partners.ts'
import type { PartnerReport } from '../../src/model/partner-report.ts'
import { projectReport, roundedDown, type Projection } from '../../src/publish/project-report.ts'
import { pseudonymsFor } from '../../src/publish/pseudonyms.ts'
import { scriptedPlan } from '../stand-ins/scripted-plan.ts'
import { badRun, goodRun } from '../stand-ins/scripted-report.ts'

const SECRET = 'a secret of the laboratory, thirty-two characters and more'
const NETWATCH: Partner = {
  name: 'netwatch',
  title: 'Netwatch Inc.',
  products: ['netwatch'],
  contact: 'us@example.org',
}

function publish(
  { report, gate }: ReturnType<typeof badRun>,
  partner: Partner = NETWATCH,
  more: Partial<Projection> = {},
): PartnerReport {
  return projectReport({
    report,
    gate,
    plan: scriptedPlan(),
    matrix: { version: 1, id: 'demo', axes: {} },
    partner,
    publisher: 'Laboratory',
    pseudonymsFrom: 2,
    pseudonyms: pseudonymsFor(partner.name, SECRET),
    issued: '2026-11-28',
    ...more,
  })
}

describe('what a partner sees', () => {
  it('is his own cells, with no axis, class or number of others unless partners.yaml names it', () => {
    const report = publish(badRun())
    expect(report.cells).toHaveLength(4)
    expect(report.axes).toEqual([])
    expect(report.cells.filter(({ outcome }) => outcome === 'fail')).toHaveLength(2)
    for (const cell of report.cells) {
      expect(cell.values).toEqual({})
      expect(cell.others).toEqual(['another product'])
      expect(cell.symptoms.every((symptom) => Object.keys(symptom).join() === 'severity')).toBe(true)
    }
    expect(report.decision).toBeUndefined()
  })

  it('tells how long before the run the gate was rehearsed and for how many classes, or that it was not', () => {
    const { report, gate } = goodRun()
    const drill = {
      startedAt: report.run.startedAt - 5 * 3_600_000,
      covered: ['panic' as const, 'boot-loop' as const],
      missed: ['protection-off' as const],
      full: false,
      computer: 'builder-7',
    }
    const rehearsed = publish({ report: { ...report, drill }, gate })
    expect(rehearsed.drill).toEqual({ hoursBefore: 5, held: 2, missed: 1 })
    expect(JSON.stringify(rehearsed)).not.toContain('builder-7')
    const not = publish({ report, gate })
    expect(not.drill).toBeUndefined()
    const told = (published: PartnerReport): boolean =>
      published.notLookedAt.some((sentence) => sentence.includes('no rehearsal'))
    expect([told(rehearsed), told(not)]).toEqual([false, true])
  })

  it('is incompatible for a failure with the candidate alone, and compatible only when every cell worked', () => {
    expect(publish(badRun()).result).toBe('incompatible')
    expect(publish(goodRun()).result).toBe('compatible')
    expect(publish(goodRun({ simulated: true })).result).toBe('inconclusive')
    expect(publish(goodRun({ closed: false })).result).toBe('inconclusive')
    expect(publish(goodRun(), { ...NETWATCH, products: ['absent'] }).result).toBe('inconclusive')
  })

  it('is not compatible by a shard, nor by chosen cells: both are a part of the plan', () => {
    const part = (run: ReturnType<typeof badRun>): PartnerReport =>
      publish({
        ...run,
        report: {
          ...run.report,
          run: { ...run.report.run, shard: { index: 1, count: 2 } },
        },
      })
    expect(part(goodRun())).toMatchObject({
      result: 'inconclusive',
      because: 'A part of the plan was run: this says nothing of the machines of the other parts.',
      run: { part: true },
    })
    expect(part(goodRun()).notLookedAt.join()).toContain('The rest of the plan')
    expect(part(badRun()).result).toBe('incompatible')
    expect(publish(goodRun()).run.part).toBeUndefined()
  })

  it('grows by what is named: axes, classes, the place of a failure', () => {
    const report = publish(badRun(), {
      ...NETWATCH,
      show: { axes: ['cpu'], symptoms: ['boot-loop'], details: ['phase', 'milestone'], decision: true },
    })
    expect(report.axes).toEqual([
      {
        id: 'cpu',
        title: 'Processor',
        values: [
          { id: 'max', title: 'max' },
          { id: 'qemu64', title: 'qemu64' },
        ],
      },
    ])
    const failed = report.cells.find(({ outcome }) => outcome === 'fail')!
    expect(failed.values).toEqual({ cpu: 'max' })
    expect(failed.symptoms.find((symptom) => symptom.class !== undefined)).toEqual({
      class: 'boot-loop',
      severity: 'fail',
      phase: 'restart',
      milestone: 'kernel',
    })
    expect(failed.because).toBe(
      'It failed with the candidate, and not on the same machine without it: boot-loop.',
    )
    expect(report.decision).toBe('hold')
  })

  it('names a module of a crash only if it is his own', () => {
    const run = badRun()
    const signed = (name: string): ReturnType<typeof badRun> => ({
      ...run,
      report: {
        ...run.report,
        cells: run.report.cells.map(({ planned, verdict }) => ({
          planned,
          verdict: {
            ...verdict,
            symptoms: verdict.symptoms.map((symptom) => ({
              ...symptom,
              signature: `bugcheck|0x00000050|x|${name}|kernel`,
            })),
          },
        })),
      },
    })
    const partner: Partner = {
      ...NETWATCH,
      names: ['netwatch.sys'],
      show: { symptoms: 'all', details: ['module', 'code'] },
    }
    expect(JSON.stringify(publish(signed('NETWATCH.SYS'), partner))).toContain('"module":"netwatch.sys"')
    expect(JSON.stringify(publish(signed('rival.sys'), partner))).not.toContain('module')
    expect(JSON.stringify(publish(signed('rival.sys'), partner))).toContain('"code":"0x00000050"')
  })

  it('of a shown axis that chooses products, is a pseudonym for those of others', () => {
    const matrix = {
      version: 1,
      id: 'demo',
      axes: { cpu: { values: [{ id: 'max', products: ['sensor'] }, { id: 'qemu64' }] } },
    } as unknown as Projection['matrix']
    const report = publish(badRun(), { ...NETWATCH, show: { axes: ['cpu'] } }, { matrix })
    expect(report.axes[0]?.values.map(({ id }) => id)).toEqual(['another product', 'qemu64'])
  })

  it('tells products of others apart only where they are many enough, the same in every run, other for everybody', () => {
    const show = { others: 'pseudonym' } as const
    const others = (partner: Partner, from: number): string[] => [
      ...new Set(
        publish(badRun(), { ...partner, show }, { pseudonymsFrom: from }).cells.flatMap(
          (cell) => cell.others,
        ),
      ),
    ]
    expect(others(NETWATCH, 2)).toEqual(['another product'])
    const [name] = others(NETWATCH, 1)
    expect(name).toMatch(/^Product [B-Z]{4}-[B-Z]{4}$/)
    expect(others(NETWATCH, 1)).toEqual([name])
    expect(others({ ...NETWATCH, name: 'other' }, 1)).not.toEqual([name])
  })

  it('says nothing by its order', () => {
    const ids = publish(badRun()).cells.map(({ id }) => id)
    expect(ids).toEqual(ids.toSorted())
    const places = (partner: Partner): string[] =>
      publish(badRun(), partner).cells.map((cell) => cell.outcome)
    expect(
      new Set(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => places({ ...NETWATCH, name }).join())).size,
    ).toBeGreaterThan(1)
  })

  it('has an id that changes with everything in it', () => {
    const id = publish(badRun()).id
    expect(publish(badRun()).id).toBe(id)
    expect(publish(badRun(), NETWATCH, { issued: '2026-11-29' }).id).not.toBe(id)
    expect(publish(goodRun()).id).not.toBe(id)
  })

  it('of a withdrawn report is only that it was withdrawn', () => {
    const report = publish(badRun(), NETWATCH, { supersedes: 'report-1', withdrawnBecause: 'a broken image' })
    expect(report).toMatchObject({
      state: 'withdrawn',
      supersedes: 'report-1',
      reason: 'a broken image',
      cells: [],
    })
  })
})

it('numbers are rounded down to 1, 2, 5 of each power of ten', () =>
  expect([0, 1, 2, 3, 4, 5, 9, 10, 19, 20, 49, 50, 99, 100, 1234].map(roundedDown)).toEqual([
    0, 1, 2, 2, 2, 5, 5, 10, 10, 20, 20, 50, 50, 100, 1000,
  ]))
