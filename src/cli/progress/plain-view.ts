/** One line for each thing that a person would want in a CI log: starts, ends, crashes, faults; no redrawing. */
import { formatInstant } from '../../kit/clock.ts'
import { oneLine } from '../../kit/text.ts'
import { attemptId } from '../../model/attempt-id.ts'
import type { RunEvent } from '../../model/event.ts'
import type { Fact } from '../../model/observation.ts'
import { factsIn } from '../../model/observations-in.ts'
import type { Plan } from '../../model/plan.ts'
import { openGroup, printLine } from '../terminal.ts'
import { durationText } from '../../kit/duration-text.ts'
import { foldProgress, isRetold, startProgress, timeLeftMs, type RunProgress } from './run-progress.ts'

/** In a larger plan the attempts are not told one by one: such a log is too long to read, and CI systems cut it. */
const TOLD_ONE_BY_ONE = 500

/** Prints lines as events come, those of a stage as a group; of a large plan one for each percent that is done. */
export function openPlainView(plan: Plan): { onEvent(event: RunEvent): void; close(): Promise<void> } {
  const progress = startProgress(plan)
  const started = new Map<string, number>()
  const each = plan.cells.length <= TOLD_ONE_BY_ONE
  let told = 0
  let closeGroup = (): void => undefined
  return {
    onEvent(event) {
      foldProgress(progress, plan, event)
      // How a stage ended, and what stops a run, is read without opening the group.
      if (
        event.type === 'stage-closed' ||
        event.type === 'stage-opened' ||
        event.type === 'run-interrupted'
      ) {
        closeGroup()
        closeGroup = () => undefined
      }
      if (event.type === 'attempt-opened') started.set(attemptId(event), event.at)
      const text =
        'arm' in event && isRetold(progress, event) ? undefined : describe(event, progress, started, each)
      if (event.type === 'attempt-closed') started.delete(attemptId(event))
      if (text !== undefined) print(event, text)
      if (event.type === 'stage-opened')
        closeGroup = openGroup(event.stage, `attempts of stage ${event.stage}`)
      const percent = Math.floor((100 * progress.attemptsDone) / Math.max(1, progress.attemptsWanted))
      if (each || percent <= told) return
      told = percent
      print(event, `${percent} %: ${doneOf(progress)}`)
    },
    close() {
      closeGroup()
      return Promise.resolve()
    },
  }
}

function print(event: RunEvent, text: string): void {
  printLine(`${formatInstant(event.at).slice(11, 19)} ${text}`)
}

/** `12/400 attempts, 2 min left`. */
function doneOf(progress: RunProgress): string {
  const left = timeLeftMs(progress)
  return `${progress.attemptsDone}/${progress.attemptsWanted}${left === undefined ? '' : `, ${durationText(left)} left`}`
}

function describe(
  event: RunEvent,
  progress: RunProgress,
  started: ReadonlyMap<string, number>,
  each: boolean,
): string | undefined {
  switch (event.type) {
    case 'stage-opened':
      return `stage ${event.stage}: ${event.cells.length} cells`
    case 'stage-closed':
      return `stage ${event.stage}: ${event.state}`
    case 'attempt-opened':
      return each ? `${label(event)} on ${event.host}: ${configurationOf(event.cell, progress)}` : undefined
    case 'attempt-closed': {
      if (!each) return undefined
      const start = started.get(attemptId(event))
      const took = start === undefined ? '' : ` after ${durationText(event.at - start)}`
      return `${label(event)}: ${event.end}${took} (${doneOf(progress)})`
    }
    case 'observed':
    case 'check-ran':
      return troubles(event)
    case 'fault':
      return `${label(event)}: ${event.fault.fault} fault ${event.fault.code}: ${oneLine(event.fault.message, 200)}`
    case 'control-reused':
      return each ? `${event.cell} control: taken from ${event.source}` : undefined
    case 'repeats-ordered':
      return `cell ${event.cell} is repeated, ${oneLine(event.because, 300)}`
    case 'cells-added':
      return `${event.cells.length} additional cells: ${event.because}`
    case 'host-drained':
      return `host ${event.host} is drained: ${oneLine(event.because, 200)}`
    case 'host-returned':
      return `host ${event.host} takes attempts again: it was started anew, and an attempt came through`
    case 'run-interrupted':
      return `interrupted: ${oneLine(event.because, 200)}`
    default:
      return undefined
  }
}

function troubles(event: Extract<RunEvent, { type: 'observed' | 'check-ran' }>): string | undefined {
  const lines: string[] = []
  for (const fact of factsIn(event)) {
    const text = trouble(fact)
    if (text !== undefined) lines.push(`${label(event)}: ${text}`)
  }
  return lines.length === 0 ? undefined : lines.join('\n')
}

function trouble(fact: Fact): string | undefined {
  if (fact.kind === 'crash')
    return `${fact.mechanism} at start ${fact.bootOrdinal}: ${oneLine(fact.title, 80)}`
  if (fact.kind === 'hang') return `hang (${fact.mechanism}) at ${fact.milestone}`
  if (fact.kind === 'recovery')
    return `${fact.step} ${fact.broughtBack ? 'brought it back' : 'did not bring it back'}`
  return undefined
}

function label(event: { readonly cell: string; readonly arm: string; readonly attempt: number }): string {
  return `${event.cell} ${event.arm}${event.attempt === 1 ? '' : ` #${event.attempt}`}`
}

function configurationOf(id: string, progress: RunProgress): string {
  const cell = progress.cells.get(id)
  return cell === undefined ? 'added cell' : Object.values(cell.configuration).join(' · ')
}
