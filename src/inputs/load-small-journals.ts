/** Reads the small journals that ship with ringzero, against which mutants of the gate are tried. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { packageRoot } from '../kit/assets.ts'
import { RunEventSchema, type RunEvent } from '../model/event.ts'
import { PlanSchema, type Plan } from '../model/plan.ts'
import { SmallJournalSchema, type SmallJournal } from '../model/small-journal.ts'

export interface ExpandedJournal extends Pick<SmallJournal, 'name' | 'policy' | 'drill'> {
  readonly plan: Plan
  readonly events: readonly RunEvent[]
  /** What the judge must say; absent of a run that a user gave. */
  readonly expected?: Pick<SmallJournal, 'decision' | 'cells'>
}

/** When each of them began: the time of every event follows from it. */
export const SMALL_JOURNAL_START = Date.parse('2026-11-20T20:00:00Z')
const APART_MS = 500

/** Where they stand: `plan.json`, `good.jsonl` and `small.jsonl`. */
export const SMALL_JOURNALS = join(packageRoot, 'fixtures/small-journals')

/** All of them, whole. @throws ZodError or SyntaxError where a shipped file is damaged */
export async function loadSmallJournals(
  folder: string = SMALL_JOURNALS,
): Promise<readonly ExpandedJournal[]> {
  const [plan, good, small] = await Promise.all(
    ['plan.json', 'good.jsonl', 'small.jsonl'].map((name) => readFile(join(folder, name), 'utf8')),
  )
  const base = JSON.parse(plan ?? '') as Record<string, unknown>
  const parts = partsOf(linesOf(good ?? ''))
  return linesOf(small ?? '').map((line) => expand(SmallJournalSchema.parse(line), base, parts))
}

type Line = Readonly<Record<string, unknown>>
/** A journal of one attempt of each arm, taken apart: the lines of each arm, and the others with the place of the attempts among them. */
interface JournalParts {
  readonly candidate: readonly Line[]
  readonly control: readonly Line[]
  readonly frame: readonly Line[]
  readonly attemptsAt: number
}

/** Takes the good journal apart. */
function partsOf(lines: readonly Line[]): JournalParts {
  const of = (arm: unknown): Line[] => lines.filter((line) => line['arm'] === arm)
  return {
    candidate: of('candidate'),
    control: of('control'),
    frame: of(undefined),
    attemptsAt: lines.findIndex((line) => line['arm'] !== undefined),
  }
}

function expand(
  { name, plan, attempts, frame = {}, policy, drill, decision, cells }: SmallJournal,
  base: Record<string, unknown>,
  parts: JournalParts,
): ExpandedJournal {
  const mine = attempts.flatMap(({ arm, cut, add, cell, attempt, host }) =>
    edited(parts[arm], cut, add).map((line) => ({
      ...line,
      ...(cell === undefined ? {} : { cell }),
      ...(attempt === undefined ? {} : { attempt }),
      ...(host === undefined || line['type'] !== 'attempt-opened' ? {} : { host }),
    })),
  )
  const marked = parts.frame.toSpliced(parts.attemptsAt, 0, {})
  const lines = edited(marked, frame.cut, frame.add).flatMap((line) =>
    line['type'] === undefined ? mine : [line],
  )
  return {
    name,
    plan: PlanSchema.parse({ ...base, ...plan }),
    events: timed(lines),
    ...(policy === undefined ? {} : { policy }),
    ...(drill === undefined ? {} : { drill }),
    expected: { decision, cells },
  }
}

/** Each line half a second after the one before it, or as long after it as its `afterMs` says. */
function timed(lines: readonly Line[]): RunEvent[] {
  let at = SMALL_JOURNAL_START
  return lines.map(({ afterMs, observation, ...line }) => {
    at += typeof afterMs === 'number' ? afterMs : APART_MS
    const seen = typeof observation === 'object' ? { observation: { ...observation, at } } : {}
    return RunEventSchema.parse({ ...line, ...seen, at })
  })
}

function edited(
  good: readonly Line[],
  cut: SmallJournal['attempts'][number]['cut'] = [],
  add: SmallJournal['attempts'][number]['add'] = [],
): Line[] {
  const gone = new Set(cut.flatMap(([from, count]) => Array.from({ length: count }, (_, at) => from + at)))
  const added = new Map<number, readonly Line[]>(add)
  return Array.from({ length: good.length + 1 }, (_, at): Line[] => {
    const line = good[at]
    return [...(added.get(at) ?? []), ...(line === undefined || gone.has(at) ? [] : [line])]
  }).flat()
}

function linesOf(text: string): Line[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line)
}
