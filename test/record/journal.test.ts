/** The journal on a real disk: torn lines, damage, a full disk, order. */
import { mkdtempSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readRunState } from '../../src/record/read-run-state.ts'
import { runPlan } from '../../src/app/run-plan.ts'
import { AppError } from '../../src/model/errors.ts'
import type { RunEvent } from '../../src/model/event.ts'
import { observationsIn } from '../../src/model/observations-in.ts'
import { foldEvent, foldRun } from '../../src/model/run-state.ts'
import { followChain, nextLink, withLink } from '../../src/record/journal-chain.ts'
import { openJournal, readJournal } from '../../src/record/journal.ts'
import { makePlan, simulatedParts, temporaryFolder } from '../stand-ins/simulated-lab.ts'

function folder(): string {
  return mkdtempSync(join(tmpdir(), 'rz-journal-'))
}

async function all(path: string): Promise<RunEvent[]> {
  const events: RunEvent[] = []
  for await (const event of readJournal(path)) events.push(event)
  return events
}

async function recorded(): Promise<{ readonly path: string; readonly events: RunEvent[] }> {
  const parts = await simulatedParts({ folder: temporaryFolder(), faults: [{ behaviour: 'panic' }] })
  const runFolder = join(parts.storeFolder, '..', 'run')
  await runPlan({
    plan: makePlan({ stages: [2], sharing: 2 }),
    run: '20261122T000000Z-0003',
    runFolder,
    parts,
    hooks: { judgeStage: () => 'failed' },
    signal: new AbortController().signal,
  })
  const path = join(runFolder, 'journal.jsonl')
  return { path, events: await all(path) }
}

describe('the journal', () => {
  it('shows listeners what is on the disk, in the order of the file', async () => {
    const path = join(folder(), 'journal.jsonl')
    const seen: number[] = []
    const journal = await openJournal(path, { listeners: [(event) => seen.push(event.at)] })
    await Promise.all(Array.from({ length: 200 }, (_, at) => journal.append({ type: 'run-closed', at })))
    await journal.close()
    expect(seen).toEqual(Array.from({ length: 200 }, (_, at) => at))
    expect((await all(path)).map(({ at }) => at)).toEqual(seen)
  })

  it('reports damage in the middle with its line, and forgives a torn last line', async () => {
    const path = join(folder(), 'journal.jsonl')
    writeFileSync(path, '{"type":"run-closed","at":1}\n{"type":"run-cl')
    expect(await all(path)).toHaveLength(1)
    writeFileSync(path, '{"type":"run-closed","at":1}\nnonsense\n{"type":"run-closed","at":2}\n')
    await expect(all(path)).rejects.toMatchObject({ code: 'JOURNAL_DAMAGED', where: { line: 2 } })
    writeFileSync(path, '{"type":"run-closed","at":1}\n{"type":"unheard-of","at":2}\n')
    await expect(all(path)).rejects.toMatchObject({ code: 'JOURNAL_DAMAGED', where: { line: 2 } })
  })

  it('is cut at its last whole line before anything is added', async () => {
    const { path, events } = await recorded()
    const size = readFileSync(path).length
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: size }), async (cut) => {
        const copy = join(folder(), 'journal.jsonl')
        writeFileSync(copy, readFileSync(path))
        truncateSync(copy, cut)
        const before = await all(copy)
        const journal = await openJournal(copy)
        await journal.append({ type: 'run-interrupted', at: 1, because: 'test' })
        await journal.close()
        const after = await all(copy)
        expect(after.slice(0, -1)).toEqual(before)
        expect(before).toEqual(events.slice(0, before.length))
      }),
      { numRuns: 60 },
    )
  })

  it('folds to the same state in one go and in any two parts', async () => {
    const { events } = await recorded()
    const whole = foldRun(events)
    fc.assert(
      fc.property(fc.integer({ min: 0, max: events.length }), (cut) => {
        const state = foldRun(events.slice(0, cut))
        for (const event of events.slice(cut)) foldEvent(state, event)
        expect(state).toEqual(whole)
      }),
      { numRuns: 40 },
    )
  })

  it.each([true, false])(
    'chains its lines by the hash of all before them, whatever they hold (synced: %s)',
    async (sync) => {
      const path = join(folder(), 'journal.jsonl')
      const texts = ['plain', 'ünï — \u{1f600}', 'x'.repeat(200_000), '']
      for (const because of texts) {
        const journal = await openJournal(path, { sync })
        journal.note({ type: 'run-interrupted', at: 1, because })
        await journal.append({ type: 'run-interrupted', at: 2, because: `${because} again` })
        await journal.close()
      }
      const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
      let link = ''
      for (const line of lines) {
        const { chain: _, ...event } = JSON.parse(line) as { chain: string }
        link = nextLink(link, JSON.stringify(event))
        expect(line).toBe(withLink(JSON.stringify(event), link))
      }
      expect(await followChain(path)).toEqual({ lines: 8, head: link })
    },
  )

  it('takes nothing more after a write failed, and says that the host is to blame', async () => {
    // /dev/full answers every write with "no space left on device".
    const journal = await openJournal('/dev/full')
    const refused = await journal.append({ type: 'run-closed', at: 1 }).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(AppError)
    expect(refused).toMatchObject({ code: 'JOURNAL_DISK_FULL', fault: 'host' })
    await expect(journal.append({ type: 'run-closed', at: 2 })).rejects.toMatchObject({ fault: 'host' })
    await journal.close()
  })

  it('drops a listener that breaks and tells of it, without losing an event', async () => {
    const path = join(folder(), 'journal.jsonl')
    const faults: unknown[] = []
    const journal = await openJournal(path, {
      listeners: [() => expect.fail('broken reporter')],
      onListenerFault: (error) => faults.push(error),
    })
    await journal.append({ type: 'run-closed', at: 1 })
    await journal.append({ type: 'run-closed', at: 2 })
    await journal.close()
    expect(faults).toHaveLength(1)
    expect(await all(path)).toHaveLength(2)
  })

  it('reads the looks of checks that were written before 2026-11-28, when each fact was an observation', async () => {
    const path = join(folder(), 'journal.jsonl')
    const fact = { kind: 'blind', subject: 'services', reason: 'no answer' }
    const head = {
      type: 'check-ran',
      at: 7,
      cell: 'a',
      arm: 'control',
      attempt: 1,
      phase: 'check',
      check: 'x',
    }
    const seen = { at: 7, phase: 'check', source: 'x', fact, evidence: [] }
    writeFileSync(path, `${JSON.stringify({ ...head, observations: [seen] })}\n`)
    const [event] = await all(path)
    expect(event).toEqual({ ...head, facts: [fact] })
    expect(event === undefined ? [] : observationsIn(event)).toEqual([seen])
    writeFileSync(path, `${JSON.stringify({ ...head, observations: [{ ...seen, fact: undefined }] })}\n`)
    await expect(all(path)).rejects.toMatchObject({ code: 'JOURNAL_DAMAGED', where: { line: 1 } })
  })

  it('of a run that has not begun is an empty state', async () => {
    expect((await readRunState(folder())).attempts).toEqual([])
  })
})
