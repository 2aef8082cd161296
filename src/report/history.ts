/** Many runs → what they say together. Pure. */
import { canonicalJson } from '../kit/hash.ts'
import type {
  ControlHealth,
  FlakyConfiguration,
  History,
  HistoryRun,
  HistorySignature,
  ValueShare,
} from '../model/history.ts'
import type { Gate, Report } from '../model/report.ts'
import type { Symptom } from '../model/symptom.ts'
import type { AttemptSummary, Verdict } from '../model/verdict.ts'

/** Values of a configuration that are told of each failure. */
const MOST_VALUES = 12

/** What of a report its history needs: small enough that hundreds of runs fit into memory. */
export interface RunDigest {
  readonly run: HistoryRun
  readonly candidateSha256: string
  readonly cells: readonly DigestCell[]
  /** Texts of the failures of this run, by signature. */
  readonly symptoms: ReadonlyMap<string, Pick<HistorySignature, 'class' | 'severity' | 'summary'>>
}

export /** Classes that name what died: told before the restarts that follow from it. */
const KERNEL_DIED: ReadonlySet<string> = new Set(['panic', 'bugcheck'])

interface DigestCell {
  readonly configuration: Readonly<Record<string, string>>
  readonly failing: number
  readonly valid: number
  readonly signatures: readonly string[]
}

/** The parts of a report that a digest is made from. */
export type DigestedReport = Pick<Report, 'run' | 'candidate' | 'counts'> & {
  readonly matrix: Pick<Report['matrix'], 'title'>
  readonly coverage: Pick<Report['coverage'], 'judged' | 'strength' | 'fleetShare'>
  readonly controls: readonly Pick<AttemptSummary, 'end' | 'invalid' | 'symptoms'>[]
  readonly cells: readonly {
    readonly planned: { readonly configuration: Readonly<Record<string, string>> }
    readonly verdict: Pick<Verdict, 'outcome' | 'failing' | 'valid'> & {
      readonly symptoms: readonly Pick<Symptom, 'class' | 'severity' | 'summary' | 'signature'>[]
      readonly attempts: readonly Pick<AttemptSummary, 'symptoms' | 'endedAt'>[]
    }
  }[]
}

/** `folder`: absolute. */
export function digestRun(
  report: DigestedReport,
  decision: Gate['decision'] | undefined,
  folder: string,
): RunDigest {
  const { run, matrix, candidate, counts, coverage } = report
  const strength = coverage.strength ?? coverage.judged.at(-1)?.strength ?? 1
  const judged = coverage.judged.find((entry) => entry.strength === strength)
  const red = timeToRed(report)
  const symptoms = new Map<string, Pick<HistorySignature, 'class' | 'severity' | 'summary'>>()
  for (const { verdict } of report.cells)
    for (const { signature, class: name, severity, summary } of verdict.symptoms)
      symptoms.set(signature, { class: name, severity, summary })
  return {
    run: {
      run: run.id,
      folder,
      startedAt: run.startedAt,
      ...(run.endedAt === undefined ? {} : { endedAt: run.endedAt }),
      matrix: matrix.title,
      candidate: candidate.title,
      release: candidate.release,
      simulated: run.simulated,
      ...(decision === undefined ? {} : { decision }),
      counts,
      ...(red === undefined ? {} : { timeToRedMs: red }),
      coverage: { strength, covered: judged?.covered ?? 0, feasible: judged?.feasible ?? 0 },
      fleetShare: coverage.fleetShare,
      control: controlHealth(report.controls),
    },
    candidateSha256: candidate.sha256,
    symptoms,
    cells: report.cells.map(({ planned, verdict }) => ({
      configuration: planned.configuration,
      failing: verdict.failing,
      valid: verdict.valid,
      signatures: [...new Set(verdict.symptoms.map(({ signature }) => signature))],
    })),
  }
}

function timeToRed({ run, cells }: DigestedReport): number | undefined {
  let first: number | undefined
  for (const { verdict } of cells) {
    if (verdict.outcome !== 'fail') continue
    for (const { symptoms, endedAt } of verdict.attempts)
      if (symptoms.length > 0 && endedAt !== undefined && (first === undefined || endedAt < first))
        first = endedAt
  }
  return first === undefined ? undefined : Math.max(0, first - run.startedAt)
}

function controlHealth(controls: DigestedReport['controls']): ControlHealth {
  const says = ({ end, invalid }: DigestedReport['controls'][number]): boolean =>
    end === 'completed' && invalid === undefined
  const counted = controls.filter(says)
  return {
    attempts: controls.length,
    failing: counted.filter(({ symptoms }) => symptoms.length > 0).length,
    invalid: controls.length - counted.length,
  }
}

export interface HistoryParts {
  /** In any order. */
  readonly digests: readonly RunDigest[]
  readonly unread: History['unread']
  /** Exact bounds of the failure rate when so many of so many tries failed. */
  readonly bounds: (failing: number, valid: number) => { readonly low: number; readonly high: number }
}

/** Linear in cells. */
export function buildHistory({ digests, unread, bounds }: HistoryParts): History {
  const ordered = digests.toSorted(
    (a, b) => a.run.startedAt - b.run.startedAt || a.run.run.localeCompare(b.run.run),
  )
  return {
    schema: 'ringzero/history/1',
    runs: ordered.map(({ run }) => run),
    signatures: signaturesOf(ordered),
    flaky: flakyOf(ordered, bounds),
    unread,
  }
}

function signaturesOf(digests: readonly RunDigest[]): HistorySignature[] {
  const latest = new Map(digests.map(({ run }, place) => [run.matrix, place]))
  const seen = new Map<string, Map<number, DigestCell[]>>()
  digests.forEach(({ cells }, place) => {
    for (const cell of cells)
      for (const signature of cell.signatures) {
        const runs = seen.get(signature) ?? new Map<number, DigestCell[]>()
        seen.set(signature, runs)
        const mine = runs.get(place)
        if (mine === undefined) runs.set(place, [cell])
        else mine.push(cell)
      }
  })
  const shares = new Map(digests.map(({ cells }, place) => [place, countValues(cells)]))
  return [...seen]
    .flatMap(([signature, runs]) => {
      const places = [...runs.keys()]
      const [firstSeen = 0, lastSeen = 0] = [places[0], places.at(-1)]
      const text = digests[lastSeen]?.symptoms.get(signature)
      if (text === undefined) return []
      const now = latest.get(digests[lastSeen]?.run.matrix ?? '')
      const state = now !== lastSeen ? 'gone' : places.length === 1 ? 'new' : 'known'
      return {
        signature,
        ...text,
        firstSeen,
        lastSeen,
        state,
        seen: [...runs].map(([run, cells]) => ({ run, cells: cells.length })),
        values: valueShares(runs, shares),
      } as const
    })
    .sort(
      (a, b) =>
        b.lastSeen - a.lastSeen ||
        b.seen.length - a.seen.length ||
        Number(KERNEL_DIED.has(b.class)) - Number(KERNEL_DIED.has(a.class)),
    )
}

type ValueCounts = ReadonlyMap<string, number>

function countValues(cells: readonly DigestCell[]): ValueCounts {
  const counts = new Map<string, number>()
  for (const { configuration } of cells)
    for (const [axis, value] of Object.entries(configuration)) {
      const key = JSON.stringify([axis, value])
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
  return counts
}

function valueShares(
  runs: ReadonlyMap<number, readonly DigestCell[]>,
  all: ReadonlyMap<number, ValueCounts>,
): ValueShare[] {
  const found = new Map<string, { failing: number; cells: number }>()
  for (const [run, cells] of runs)
    for (const [key, failing] of countValues(cells)) {
      const share = found.get(key) ?? { failing: 0, cells: 0 }
      share.failing += failing
      found.set(key, share)
      share.cells += all.get(run)?.get(key) ?? 0
    }
  return [...found]
    .map(([key, { failing, cells }]) => {
      const [axis = '', value = ''] = JSON.parse(key) as readonly string[]
      return { axis, value, failing, cells }
    })
    .sort((a, b) => b.failing / b.cells - a.failing / a.cells || b.failing - a.failing)
    .slice(0, MOST_VALUES)
}

/**
 * Of one candidate, by its content: what fails in one release and not in the next is no flake. A machine that is flaky in the same
 * way with several is told once.
 */
function flakyOf(digests: readonly RunDigest[], bounds: HistoryParts['bounds']): FlakyConfiguration[] {
  const found = new Map<
    string,
    { readonly first: DigestCell; readonly digest: RunDigest; readonly tries: [number, DigestCell][] }
  >()
  digests.forEach((digest, place) => {
    if (digest.run.simulated) return
    for (const cell of digest.cells) {
      if (cell.valid === 0) continue
      const key = canonicalJson([digest.candidateSha256, digest.run.matrix, cell.configuration])
      const known = found.get(key)
      if (known === undefined) found.set(key, { first: cell, digest, tries: [[place, cell]] })
      else known.tries.push([place, cell])
    }
  })
  const single = [...found.values()].flatMap(({ first, digest, tries }) => {
    const failing = tries.reduce((sum, [, cell]) => sum + cell.failing, 0)
    const valid = tries.reduce((sum, [, cell]) => sum + cell.valid, 0)
    if (failing === 0 || failing === valid) return []
    return {
      matrix: digest.run.matrix,
      configuration: first.configuration,
      candidate: digest.run.candidate,
      release: digest.run.release,
      failing,
      valid,
      runs: tries.map(([place]) => place),
      signatures: [...new Set(tries.flatMap(([, cell]) => cell.signatures))],
    }
  })
  const alike = Map.groupBy(single, ({ matrix, configuration, signatures }) =>
    canonicalJson([matrix, configuration, signatures.toSorted()]),
  )
  return [...alike.values()]
    .map((entries) => {
      const { configuration, signatures, candidate } = entries.at(-1)!
      const failing = entries.reduce((sum, entry) => sum + entry.failing, 0)
      const valid = entries.reduce((sum, entry) => sum + entry.valid, 0)
      return {
        configuration,
        candidate,
        releases: [...new Set(entries.map(({ release }) => release))],
        failing,
        valid,
        ...bounds(failing, valid),
        runs: entries.flatMap(({ runs }) => runs),
        signatures,
      }
    })
    .sort((a, b) => b.failing / b.valid - a.failing / a.valid || b.valid - a.valid)
}
