/** Controls kept for later runs: taken over whole, with their evidence, or not at all. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { sha256 } from '../../../src/kit/hash.ts'
import type { RunEvent } from '../../../src/model/event.ts'
import type { Observation } from '../../../src/model/observation.ts'
import { foldRun } from '../../../src/model/run-state.ts'
import { ControlStore } from '../../../src/run/session/control-store.ts'
import { temporaryFolder } from '../../stand-ins/simulated-lab.ts'

const KEY = sha256('control')
const LOG = 'a quiet start\n'

const crash = {
  kind: 'crash',
  mechanism: 'panic',
  title: 'Oops',
  milestone: 'settled',
  bootOrdinal: 2,
} as const
const settled = { kind: 'boot', ordinal: 2, milestone: 'settled', ended: 'settled' } as const
const serviceDown = (severity: 'fail' | 'warn') =>
  ({
    kind: 'expectation',
    subject: 'service:sensor',
    expected: 'running',
    seen: 'stopped',
    holds: false,
    symptom: 'service-degraded',
    severity,
  }) as const

function storeIn(
  folder: string,
  run: string,
  repeats = 1,
  image: string | undefined = 'image',
  checkpoints?: readonly string[],
): ControlStore {
  return new ControlStore({
    run,
    runFolder: join(folder, run),
    storeFolder: join(folder, 'store'),
    repeats,
    keyOf: () => KEY,
    imageOf: () => Promise.resolve(image),
    optional: new Set(['extra']),
    ...(checkpoints === undefined ? {} : { checkpoints: () => Promise.resolve(new Set(checkpoints)) }),
    durable: true,
    before: { attempts: [] },
  })
}

/** One control attempt that saved a serial log. */
function attempt(
  folder: string,
  run: string,
  number: number,
  end = 'done' as 'done' | 'symptom',
): RunEvent[] {
  const path = `cells/aaa/control-${number}/${sha256(LOG).slice(0, 12)}-serial.log`
  mkdirSync(join(folder, run, 'cells/aaa', `control-${number}`), { recursive: true })
  writeFileSync(join(folder, run, path), LOG)
  const key = { at: number, cell: 'aaa', arm: 'control', attempt: number } as const
  return [
    { type: 'attempt-opened', ...key, host: 'h', slot: 0 },
    { type: 'phase-opened', ...key, phase: 'boot', deadline: 9 },
    { type: 'check-ran', ...key, phase: 'boot', check: 'boot-facts' },
    {
      type: 'evidence-saved',
      ...key,
      evidence: {
        id: sha256(LOG),
        cell: 'aaa',
        arm: 'control',
        attempt: number,
        name: 'serial.log',
        mediaType: 'text/plain',
        bytes: LOG.length,
        path,
        phase: 'boot',
        cut: false,
      },
    },
    { type: 'phase-closed', ...key, phase: 'boot', end },
    { type: 'attempt-closed', ...key, end: 'completed' },
  ]
}

async function measure(folder: string, repeats: number, end?: 'symptom'): Promise<(string | undefined)[]> {
  const store = storeIn(folder, 'first', repeats)
  const keys: (string | undefined)[] = []
  for (let number = 1; number <= repeats; number += 1)
    for (const event of attempt(folder, 'first', number, end)) keys.push(store.note(event))
  await store.save(KEY)
  return keys.filter((key) => key !== undefined)
}

it('gives a later run the control of an earlier one under the name of its own cell, evidence included', async () => {
  const folder = temporaryFolder()
  expect(await measure(folder, 2)).toEqual([KEY])
  rmSync(join(folder, 'first'), { recursive: true })
  const later = storeIn(folder, 'second', 2)
  expect([...(await later.list(new Set([KEY])))]).toEqual([[KEY, 2]])
  const taken = await later.take(KEY, 'store', { cell: 'bbb', firstAttempt: 3, skip: 0 })
  expect(taken?.source).toBe('first/aaa')
  expect(taken?.imageSha256).toBe('image')
  const { attempts } = foldRun(taken?.events ?? [])
  expect(attempts.map(({ cell, attempt: number, end }) => `${cell} ${number} ${end}`)).toEqual([
    'bbb 3 completed',
    'bbb 4 completed',
  ])
  const evidence = attempts[0]?.evidence[0]
  expect(evidence).toMatchObject({ cell: 'bbb', attempt: 3 })
  expect(readFileSync(join(folder, 'second', evidence?.path ?? ''), 'utf8')).toBe(LOG)
})

it('does not take over the control of an image that was built anew since', async () => {
  const folder = temporaryFolder()
  await measure(folder, 1)
  const target = { cell: 'bbb', firstAttempt: 1, skip: 0 }
  for (const image of ['another image', '']) {
    const later = storeIn(folder, 'second', 1, image)
    expect((await later.list(new Set([KEY]))).size).toBe(0)
    expect(await later.take(KEY, 'store', target).catch(() => undefined)).toBeUndefined()
  }
  expect((await storeIn(folder, 'second').list(new Set([KEY]))).size).toBe(1)
})

it('does not take over the control of a checkpoint that nobody goes on from any more', async () => {
  const folder = temporaryFolder()
  const store = storeIn(folder, 'first')
  const events = attempt(folder, 'first', 1)
  const fact = {
    kind: 'boot',
    ordinal: 1,
    cause: 'restored',
    checkpoint: 'c1',
    milestone: 'settled',
    ended: 'settled',
  } as const
  const observation: Observation = { at: 1, phase: 'restore', source: 'watch', evidence: [], fact }
  events.splice(3, 0, { type: 'observed', at: 1, cell: 'aaa', arm: 'control', attempt: 1, observation })
  for (const event of events) store.note(event)
  await store.save(KEY)
  const listed = async (checkpoints?: readonly string[]): Promise<number> =>
    (await storeIn(folder, 'second', 1, 'image', checkpoints).list(new Set([KEY]))).size
  expect(await listed()).toBe(0)
  expect(await listed(['c2'])).toBe(0)
  expect(await listed(['c2', 'c1'])).toBe(1)
})

it.each<[kept: boolean, what: string, observed: Partial<Observation> & Pick<Observation, 'fact'>]>([
  [false, 'could not look', { fact: { kind: 'blind', subject: 'services', reason: 'too slow' } }],
  [
    true,
    'could not look at what nobody needs',
    { fact: { kind: 'blind', subject: 'extra', reason: 'none' } },
  ],
  [
    true,
    'could not save a screen',
    { phase: 'collect', fact: { kind: 'blind', subject: 's', reason: 'off' } },
  ],
  [
    false,
    'was another machine',
    { fact: { kind: 'profile', property: 'secureBoot', asked: 'on', measured: 'off', matches: false } },
  ],
  [false, 'met a service that was down', { phase: 'check', fact: serviceDown('fail') }],
  [true, 'met something that is only worth a look', { phase: 'check', fact: serviceDown('warn') }],
  [false, 'died once and came up again', { phase: 'collect', fact: crash }],
  [true, 'died because the test asked for it', { fact: { ...crash, expectedByTest: true } }],
  [false, 'restarted by itself', { fact: { ...settled, cause: 'unexpected-reset' } }],
  [false, 'stood still for a while', { fact: { ...crash, kind: 'hang', mechanism: 'unknown', detail: '' } }],
])('keeps (%s) a control for later runs that %s', async (kept, _, observed) => {
  const folder = temporaryFolder()
  const store = storeIn(folder, 'first')
  const events = attempt(folder, 'first', 1)
  const observation: Observation = { at: 1, phase: 'boot', source: 'run', evidence: [], ...observed }
  events.splice(3, 0, { type: 'observed', at: 1, cell: 'aaa', arm: 'control', attempt: 1, observation })
  for (const event of events) store.note(event)
  await store.save(KEY)
  expect((await storeIn(folder, 'second').list(new Set([KEY]))).size).toBe(Number(kept))
})

it('takes over only what is still missing', async () => {
  const folder = temporaryFolder()
  await measure(folder, 3)
  const taken = await storeIn(folder, 'second', 3).take(KEY, 'store', {
    cell: 'bbb',
    firstAttempt: 2,
    skip: 1,
  })
  expect(foldRun(taken?.events ?? []).attempts.map(({ attempt: number }) => number)).toEqual([2, 3])
})

it('keeps the measurement, never a copy of it', async () => {
  const folder = temporaryFolder()
  const store = storeIn(folder, 'first')
  store.note({ type: 'control-reused', at: 0, cell: 'aaa', controlKey: KEY, source: 'earlier/zzz' })
  expect(attempt(folder, 'first', 1).map((event) => store.note(event))).not.toContain(KEY)
})

it('never keeps a control that met a symptom', async () => {
  const folder = temporaryFolder()
  expect(await measure(folder, 1, 'symptom')).toEqual([])
  expect((await storeIn(folder, 'second').list(new Set([KEY]))).size).toBe(0)
})

it('does not take over a control that an earlier version kept although a service was down on it', async () => {
  const folder = temporaryFolder()
  await measure(folder, 1)
  const kept = join(folder, 'store', 'controls', KEY, 'control.json')
  const record = JSON.parse(readFileSync(kept, 'utf8')) as { attempts: RunEvent[][] }
  const observation: Observation = {
    at: 1,
    phase: 'check',
    source: 'services',
    evidence: [],
    fact: serviceDown('fail'),
  }
  record.attempts[0]?.splice(3, 0, {
    type: 'observed',
    at: 1,
    cell: 'aaa',
    arm: 'control',
    attempt: 1,
    observation,
  })
  writeFileSync(kept, JSON.stringify(record))
  expect((await storeIn(folder, 'second').list(new Set([KEY]))).size).toBe(0)
})

it('does not take over a control whose evidence was changed, or whose record cannot be read', async () => {
  const folder = temporaryFolder()
  await measure(folder, 1)
  rmSync(join(folder, 'first'), { recursive: true })
  const kept = join(folder, 'store', 'controls', KEY)
  writeFileSync(join(kept, sha256(LOG)), 'another log\n')
  const target = { cell: 'bbb', firstAttempt: 1, skip: 0 }
  expect(await storeIn(folder, 'second').take(KEY, 'store', target)).toBeUndefined()
  writeFileSync(join(kept, 'control.json'), '{"schema":"ringzero/control/3","attempts":')
  expect((await storeIn(folder, 'second').list(new Set([KEY]))).size).toBe(0)
})
