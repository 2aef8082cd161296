/** One line for each thing that a person would want in a CI log: starts, ends, crashes, faults; no redrawing. */
import { formatInstant } from '../../kit/clock.ts'
import { oneLine } from '../../kit/text.ts'
import type { RunEvent } from '../../model/event.ts'
import type { Plan } from '../../model/plan.ts'
import { printLine } from '../terminal.ts'
import { formatSpan } from './format-span.ts'
import { foldProgress, isRetold, startProgress, timeLeftMs, type RunProgress } from './run-progress.ts'

/** Prints lines as events come. */
export function openPlainView(plan: Plan): { onEvent(event: RunEvent): void; close(): Promise<void> } {
  const progress = startProgress(plan)
  const started = new Map<string, number>()
  return {
    onEvent(event) {
      foldProgress(progress, plan, event)
      if (event.type === 'attempt-opened')
        started.set(`${event.cell} ${event.arm} ${event.attempt}`, event.at)
      if ('arm' in event && isRetold(progress, event)) return
      const text = describe(event, plan, progress, started)
      if (text !== undefined) printLine(`${formatInstant(event.at).slice(11, 19)} ${text}`)
    },
    close: () => Promise.resolve(),
  }
}

function describe(
  event: RunEvent,
  plan: Plan,
  progress: RunProgress,
  started: ReadonlyMap<string, number>,
): string | undefined {
  switch (event.type) {
    case 'stage-opened':
      return `stage ${event.stage}: ${event.cells.length} cells`
    case 'stage-closed':
      return `stage ${event.stage}: ${event.state}`
    case 'attempt-opened':
      return `${label(event)} on ${event.host}: ${configurationOf(event.cell, plan)}`
    case 'attempt-closed': {
      const start = started.get(`${event.cell} ${event.arm} ${event.attempt}`)
      const took = start === undefined ? '' : ` after ${formatSpan(event.at - start)}`
      const left = timeLeftMs(progress)
      return `${label(event)}: ${event.end}${took} (${progress.attemptsDone}/${progress.attemptsWanted}${left === undefined ? '' : `, ${formatSpan(left)} left`})`
    }
    case 'observed': {
      const { fact } = event.observation
      if (fact.kind === 'crash')
        return `${label(event)}: ${fact.mechanism} at start ${fact.bootOrdinal}: ${oneLine(fact.title, 80)}`
      if (fact.kind === 'hang') return `${label(event)}: hang (${fact.mechanism}) at ${fact.milestone}`
      if (fact.kind === 'recovery')
        return `${label(event)}: ${fact.step} ${fact.broughtBack ? 'brought it back' : 'did not bring it back'}`
      return undefined
    }
    case 'fault':
      return `${label(event)}: ${event.fault.fault} fault ${event.fault.code}: ${oneLine(event.fault.message, 200)}`
    case 'control-reused':
      return `${event.cell} control: taken from ${event.source}`
    case 'cells-added':
      return `${event.cells.length} further cells: ${event.because}`
    case 'host-drained':
      return `host ${event.host} is drained: ${oneLine(event.because, 200)}`
    case 'run-interrupted':
      return `interrupted: ${oneLine(event.because, 200)}`
    default:
      return undefined
  }
}

function label(event: { readonly cell: string; readonly arm: string; readonly attempt: number }): string {
  return `${event.cell} ${event.arm}${event.attempt === 1 ? '' : ` #${event.attempt}`}`
}

function configurationOf(id: string, plan: Plan): string {
  const cell = plan.cells.find((entry) => entry.id === id)
  return cell === undefined ? 'added cell' : Object.values(cell.configuration).join(' · ')
}
