import { afterAll, describe, expect, test } from 'vitest'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import {
  changedValues,
  loadEarlierRun,
  stillShown,
  withRebuiltImages,
  type EarlierRun,
} from '../../src/app/earlier-run.ts'
import { NO_HISTORY } from '../../src/app/run-history.ts'
import { toolVersion } from '../../src/app/tool-version.ts'
import { sha256 } from '../../src/kit/hash.ts'
import type { RunEvent } from '../../src/model/event.ts'
import type { Matrix } from '../../src/model/matrix.ts'
import type { Plan } from '../../src/model/plan.ts'
import { planConfigurations } from '../../src/plan/plan-configurations.ts'
import { BUILT_IMAGE, labWith } from '../stand-ins/built-image.ts'

const matrix: Matrix = {
  version: 1,
  id: 'm',
  axes: {
    build: {
      values: [
        { id: 'old', image: 'a' },
        { id: 'new', image: 'b' },
      ],
    },
    beside: { values: [{ id: 'none' }, { id: 'vpn', products: ['vpn'] }] },
  },
  defaults: { machine: { memoryMiB: 2048 } },
}
const inputs = [
  { role: 'image' as const, name: 'a', sha256: '1' },
  { role: 'image' as const, name: 'b', sha256: '2' },
  { role: 'product' as const, name: 'vpn', sha256: '3' },
]
const earlier: EarlierRun = {
  run: 'r',
  candidate: 'c',
  passed: [
    { build: 'old', beside: 'none' },
    { build: 'old', beside: 'vpn' },
    { build: 'new', beside: 'none' },
    { build: 'new', beside: 'vpn' },
  ],
  matrix,
  inputs,
  settings: { checks: ['services'], restarts: 1, soakSeconds: 60, repeats: 1 },
  images: new Map(),
  toolVersion: toolVersion(),
  restored: false,
  history: NO_HISTORY,
}
const now = (plan: { inputs?: EarlierRun['inputs']; settings?: Partial<EarlierRun['settings']> } = {}) => ({
  inputs: plan.inputs ?? inputs,
  settings: { ...earlier.settings, ...plan.settings },
})
const everything = { build: ['old', 'new'], beside: ['none', 'vpn'] }
const changedInput = (name: string) =>
  inputs.map((input) => (input.name === name ? { ...input, sha256: 'other' } : input))

describe('what an earlier run has shown', () => {
  test('holds where nothing changed, and nothing is planned then', () => {
    const changed = changedValues(earlier, matrix, now())
    expect(changed).toEqual({ build: [], beside: [] })
    expect(stillShown(earlier, changed)).toEqual(earlier.passed)
    const options = { seed: 1, effort: 0, since: earlier.passed, changed }
    expect(planConfigurations(matrix, options).stages.flatMap(({ cells }) => cells)).toEqual([])
  })

  test('does not hold with a product or an image of other bits: those combinations are planned again', () => {
    expect(changedValues(earlier, matrix, now({ inputs: changedInput('vpn') }))).toEqual({
      build: [],
      beside: ['vpn'],
    })
    const changed = changedValues(earlier, matrix, now({ inputs: changedInput('b') }))
    expect(changed).toEqual({ build: ['new'], beside: [] })
    expect(stillShown(earlier, changed)).toContainEqual({ beside: 'vpn' })
    const options = { seed: 1, effort: 0, since: earlier.passed, changed }
    const planned = planConfigurations(matrix, options).stages.flatMap(({ cells }) => cells)
    expect(planned.map(({ configuration }) => configuration)).toEqual(
      expect.arrayContaining([
        { build: 'new', beside: 'none' },
        { build: 'new', beside: 'vpn' },
      ]),
    )
    expect(planned).toHaveLength(2)
  })

  test('does not hold for a value that is defined otherwise, nor at all when the defaults are', () => {
    const [old, next] = matrix.axes['build']!.values
    const renamed = { ...matrix.axes['build']!, values: [{ ...old!, title: 'Old', weight: 9 }, next!] }
    const moved = { ...renamed, values: [{ ...old!, image: 'b' }, next!] }
    const axes = (build: typeof renamed): Matrix => ({ ...matrix, axes: { ...matrix.axes, build } })
    expect(changedValues(earlier, axes(renamed), now())['build']).toEqual([])
    expect(changedValues(earlier, axes(moved), now())['build']).toEqual(['old'])
    const larger = { ...matrix, defaults: { machine: { memoryMiB: 4096 } } }
    expect(changedValues(earlier, larger, now())).toEqual({ build: ['old', 'new'], beside: ['none', 'vpn'] })
  })

  test.each([
    [{ checks: ['services', 'network'] }],
    [{ restarts: 3 }],
    [{ soakSeconds: 600 }],
    [{ repeats: 2 }],
  ])('does not hold when the plan looks harder: %j', (settings) => {
    expect(changedValues(earlier, matrix, now({ settings }))).toEqual({
      build: ['old', 'new'],
      beside: ['none', 'vpn'],
    })
  })

  test('still holds when the plan looks less hard', () => {
    const settings = { checks: [], restarts: 0, soakSeconds: 1 }
    expect(changedValues(earlier, matrix, now({ settings }))).toEqual({ build: [], beside: [] })
  })

  test('does not hold with an image that was built anew under the same entry of the lab', async () => {
    const own = {
      build: {
        values: [
          { id: 'old', image: BUILT_IMAGE.id },
          { id: 'new', image: 'b' },
        ],
      },
    }
    const ran = { ...matrix, axes: own }
    const before = { ...earlier, matrix: ran, images: new Map([[BUILT_IMAGE.id, sha256('one')]]) }
    const changedIn = async (...contents: readonly string[]) => {
      const { lab } = await labWith(...contents)
      return changedValues(await withRebuiltImages(before, lab), ran, now())
    }
    expect(await changedIn('one')).toEqual({ build: [] })
    expect(await changedIn('one', 'two')).toEqual({ build: ['old'] })
    expect(await changedIn()).toEqual({ build: ['old'] })
  })

  test('does not hold with an image whose content is not on record: it may have been any', async () => {
    const { lab } = await labWith('one')
    const unknown = await withRebuiltImages({ ...earlier, images: new Map() }, lab)
    expect([...(unknown.rebuilt ?? [])]).toEqual([BUILT_IMAGE.id])
    // One that was built anew in the middle of the run, and one that is not built at all now.
    const mixed = await withRebuiltImages({ ...earlier, images: new Map([[BUILT_IMAGE.id, '']]) }, lab)
    expect([...(mixed.rebuilt ?? [])]).toEqual([BUILT_IMAGE.id])
    const { lab: empty } = await labWith()
    expect([...((await withRebuiltImages(earlier, empty)).rebuilt ?? [])]).toEqual([BUILT_IMAGE.id])
  })

  test('does not hold for a plan that boots when that run went on from checkpoints', () => {
    const restored = { ...earlier, restored: true }
    const staged = (...starts: readonly ('boot' | 'checkpoint' | undefined)[]): Matrix => ({
      ...matrix,
      stages: starts.map((start, index) => ({ id: `s${index}`, ...(start === undefined ? {} : { start }) })),
    })
    for (const boots of [matrix, staged(), staged('checkpoint', undefined), staged('boot')])
      expect(changedValues(restored, boots, now())).toEqual(everything)
    expect(changedValues(restored, staged('checkpoint', 'checkpoint'), now())).toEqual({
      build: [],
      beside: [],
    })
    expect(changedValues(earlier, staged('checkpoint'), now())).toEqual({ build: [], beside: [] })
  })

  test('does not hold when another version of ringzero saw it', () => {
    expect(changedValues({ ...earlier, toolVersion: '0.0.1' }, matrix, now())).toEqual(everything)
    expect(changedValues({ ...earlier, toolVersion: '' }, matrix, now())).toEqual(everything)
  })
})

describe('the folder of an earlier run', () => {
  const root = mkdtempSync(join(tmpdir(), 'rz-since-'))
  afterAll(() => rmSync(root, { recursive: true }))
  const good = resolve(import.meta.dirname, '../../fixtures/journals/good')

  /** The recorded good run after these changes to its plan and journal. */
  function folderOf(
    name: string,
    change: {
      readonly plan?: (plan: Plan) => Plan
      readonly event?: (event: RunEvent) => readonly RunEvent[]
    } = {},
  ): string {
    const folder = join(root, name)
    cpSync(good, folder, { recursive: true })
    const path = join(folder, 'plan.json')
    const plan = JSON.parse(readFileSync(path, 'utf8')) as Plan
    writeFileSync(path, JSON.stringify(change.plan?.(plan) ?? plan))
    const journal = join(folder, 'journal.jsonl')
    const events = readFileSync(journal, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as RunEvent)
    const lines = events.flatMap((event) => change.event?.(event) ?? [event])
    writeFileSync(journal, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    return folder
  }
  /** The first cells went on from checkpoints instead of booting. */
  const restoredCells = (count: number): Parameters<typeof folderOf>[1] => {
    const { cells } = JSON.parse(readFileSync(join(good, 'plan.json'), 'utf8')) as Plan
    const restored = new Set(cells.slice(0, count).map(({ id }) => id))
    return {
      plan: (plan) => ({
        ...plan,
        cells: plan.cells.map((cell) =>
          restored.has(cell.id) ? { ...cell, start: { from: 'checkpoint' } } : cell,
        ),
      }),
      event: (event) =>
        'cell' in event && restored.has(event.cell)
          ? [
              JSON.parse(
                JSON.stringify(event)
                  .replaceAll('"phase":"boot"', '"phase":"restore"')
                  .replace('"cause":"start"', `"cause":"restored","checkpoint":"${'c'.repeat(64)}"`),
              ) as RunEvent,
            ]
          : [event],
    }
  }

  test('says what passed there, and who saw it', async () => {
    const loaded = await loadEarlierRun(folderOf('good'))
    expect(loaded).toMatchObject({ run: '20261120T080000Z-4f1c', toolVersion: '0.1.0', restored: false })
    expect(loaded.passed).toHaveLength(8)
    expect(loaded.history.runs.map(({ name }) => name)).toEqual([loaded.run])
    expect(loaded.history.cells.every(({ failed, startSeconds = 0 }) => !failed && startSeconds > 0)).toBe(
      true,
    )
  })

  test('judges its journal again, and believes no report that lies beside it', async () => {
    const { cells } = JSON.parse(readFileSync(join(good, 'plan.json'), 'utf8')) as Plan
    const lost = cells[0]?.id
    const folder = folderOf('less', {
      event: (event) =>
        'cell' in event && event.cell === lost && event.type === 'attempt-closed' ? [] : [event],
    })
    mkdirSync(join(folder, 'report'))
    writeFileSync(join(folder, 'report', 'report.json'), '{"cells": "all of them passed"}')
    expect((await loadEarlierRun(folder)).passed).toHaveLength(7)
  })

  test('is refused where the run never began', async () => {
    const folder = folderOf('unbegun', { event: () => [] })
    await expect(loadEarlierRun(folder)).rejects.toMatchObject({ code: 'RUN_UNREADABLE', fault: 'user' })
  })

  test('counts machines that booted for more than machines that went on from a checkpoint', async () => {
    const some = await loadEarlierRun(folderOf('some', restoredCells(3)))
    expect(some).toMatchObject({ restored: false })
    expect(some.passed).toHaveLength(5)
    const all = await loadEarlierRun(folderOf('all', restoredCells(8)))
    expect(all).toMatchObject({ restored: true })
    expect(all.passed).toHaveLength(8)
  })

  test('knows no content of an image when a machine that counted has none on record', async () => {
    const { cells } = JSON.parse(readFileSync(join(good, 'plan.json'), 'utf8')) as Plan
    const [first] = cells
    const announced = (event: RunEvent): readonly RunEvent[] => {
      if (event.type !== 'attempt-opened' || event.cell === first?.id) return [event]
      const { at, cell, arm, attempt, host } = event
      const key = { cell, arm, attempt }
      const ref = { provider: 'qemu', host, run: 'r', ...key, name: `rz-${cell}-${arm}`, details: {} }
      return [event, { type: 'machine-announced', at, ...key, ref, imageSha256: 'f'.repeat(64) }]
    }
    const { images } = await loadEarlierRun(folderOf('unknown', { event: announced }))
    expect(images).toEqual(
      new Map([
        ['micro-6.1', ''],
        ['micro-6.12', 'f'.repeat(64)],
      ]),
    )
  })

  test('is refused when its machines were simulated: they have shown nothing of real ones', async () => {
    const folder = folderOf('simulated', {
      event: (event) => [event.type === 'run-opened' ? { ...event, simulated: true } : event],
    })
    await expect(loadEarlierRun(folder)).rejects.toMatchObject({ code: 'RUN_SIMULATED', fault: 'user' })
  })
})
