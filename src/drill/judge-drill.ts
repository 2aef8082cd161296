/** Whether a run of a bad candidate is red for the named reason, and one of its twin green. Pure. */
import { canonicalJson } from '../kit/hash.ts'
import { configurationText } from '../model/configuration-text.ts'
import type { DrillResult, DrillScenario } from '../model/drill.ts'
import type { Configuration } from '../model/matrix.ts'
import type { Gate, Report } from '../model/report.ts'
import { isBlamed } from '../model/verdict.ts'

export interface JudgedDrillRun {
  readonly report: Report
  readonly gate: Gate
}

/** What one run says: as it should be, the gate does not see it, or the lab failed. */
export interface RunFinding {
  readonly is: 'right' | 'wrong' | 'lab'
  readonly because: string
}

/** The faults of the lab: neither the gate nor the candidate can be told by them. */
const LAB_BLAMES: ReadonlySet<string> = new Set(['host', 'tool'])

/** Every cell that can show it must fail for the named reason, and the gate must hold. */
export function judgeBadRun(
  { expect }: DrillScenario,
  {
    suspect,
    product,
  }: { readonly suspect?: Configuration | undefined; readonly product?: string | undefined },
  { report, gate }: JudgedDrillRun,
): RunFinding {
  const lab = labFailure(report)
  if (lab !== undefined) return lab
  const shows = report.cells.filter(
    ({ planned }) =>
      (product === undefined || planned.products.includes(product)) &&
      (suspect === undefined || holds(suspect, planned.configuration)),
  )
  for (const { planned, verdict } of shows) {
    const told = verdict.symptoms.find(
      ({ class: name, severity, phase }) =>
        name === expect.class && severity === 'fail' && (expect.phases as readonly string[]).includes(phase),
    )
    const where = `cell ${planned.id.slice(0, 8)}`
    if (!isBlamed(verdict))
      return wrong(`${where} is ${verdict.outcome} (blame: ${verdict.blame}): ${verdict.because}`)
    if (told === undefined) {
      const seen = verdict.symptoms.map((symptom) => `${symptom.class} in ${symptom.phase}`)
      return wrong(
        `${where} is red for ${[...new Set(seen)].slice(0, 4).join(', ')}, not for ${expect.class} in ${expect.phases.join(' or ')}`,
      )
    }
    if (expect.recovery !== undefined && verdict.recovery?.step !== expect.recovery)
      return wrong(`${where} came back by ${verdict.recovery?.step ?? 'nothing'}, not by ${expect.recovery}`)
    if (expect.recovery !== undefined && verdict.recovery?.broughtBack !== true)
      return wrong(`${where} did not come back by ${expect.recovery}`)
  }
  if (shows.length === 0) return wrong('no cell of the run can show it')
  if (suspect !== undefined) {
    const first = report.suspects[0]
    if (first === undefined || canonicalJson(first.values) !== canonicalJson(suspect))
      return wrong(
        `the first suspect is ${first === undefined ? 'nothing' : configurationText(first.values)}, not ${configurationText(suspect)}`,
      )
  }
  if (gate.decision !== 'hold')
    return wrong(`the cells are red, and the gate says ${gate.decision}: ${gate.because}`)
  return { is: 'right', because: `held: ${gate.because}` }
}

/** Some cell must fail for the sealed reason, and the gate must hold: nobody who runs it knows which cells can show it. */
export function judgeSealedFault({ expect }: DrillScenario, { report, gate }: JudgedDrillRun): RunFinding {
  const shows = report.cells.filter(
    ({ verdict }) =>
      isBlamed(verdict) &&
      verdict.symptoms.some(
        ({ class: name, severity, phase }) =>
          name === expect.class &&
          severity === 'fail' &&
          (expect.phases as readonly string[]).includes(phase),
      ) &&
      (expect.recovery === undefined || verdict.recovery?.step === expect.recovery),
  )
  if (shows.length === 0) {
    const reason = `no cell is red for ${expect.class} in ${expect.phases.join(' or ')}`
    return (
      labFailure(report) ??
      wrong(expect.recovery === undefined ? reason : `${reason} and came back by ${expect.recovery}`)
    )
  }
  if (gate.decision !== 'hold')
    return wrong(`${shows.length} cells are red for it, and the gate says ${gate.decision}: ${gate.because}`)
  return { is: 'right', because: `held: ${gate.because}` }
}

/** Every cell must have passed, with warnings at most; and no rule may be violated. */
export function judgeTwinRun({ report, gate }: JudgedDrillRun): RunFinding {
  const lab = labFailure(report)
  if (lab !== undefined) return lab
  for (const { planned, verdict } of report.cells)
    if (verdict.outcome !== 'pass' && verdict.outcome !== 'warn')
      return wrong(
        `cell ${planned.id.slice(0, 8)} is ${verdict.outcome} (blame: ${verdict.blame}): ${verdict.because}`,
      )
  if (report.cells.length === 0) return wrong('the run has no cell')
  if (gate.decision === 'hold') return wrong(`the gate holds it: ${gate.because}`)
  return { is: 'right', because: 'every cell passed' }
}

/** One result from both. A blind gate is worse news than a twin that is not green. */
export function combine(
  { id, title, expect }: DrillScenario,
  bad: RunFinding,
  twin: RunFinding,
): Pick<DrillResult, 'scenario' | 'title' | 'class' | 'result' | 'because'> {
  const named = { scenario: id, title, class: expect.class }
  if (bad.is === 'wrong') return { ...named, result: 'blind', because: bad.because }
  if (twin.is === 'wrong')
    return { ...named, result: 'twin-red', because: `the good twin is not green: ${twin.because}` }
  const failed = [bad, twin].find(({ is }) => is === 'lab')
  if (failed !== undefined) return { ...named, result: 'lab', because: failed.because }
  return { ...named, result: 'red', because: bad.because }
}

function labFailure({ cells, run }: Report): RunFinding | undefined {
  const failed = cells.find(
    ({ verdict }) => verdict.outcome === 'inconclusive' && LAB_BLAMES.has(verdict.blame),
  )
  if (failed !== undefined) return { is: 'lab', because: failed.verdict.because }
  return run.state === 'complete' ? undefined : { is: 'lab', because: `the run is ${run.state}` }
}

function holds(values: Configuration, configuration: Configuration): boolean {
  return Object.entries(values).every(([axis, value]) => configuration[axis] === value)
}

function wrong(because: string): RunFinding {
  return { is: 'wrong', because }
}
