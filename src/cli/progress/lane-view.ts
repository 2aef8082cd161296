/**
 * The live view on a terminal: one line a stage and one a lane, never one a cell, because listr2 redraws its whole
 * list each frame (500 tasks did not finish in a minute where a silent run took nine seconds).
 */
import { Listr, type ListrTaskWrapper, type DefaultRenderer, type SimpleRenderer } from 'listr2'
import { every, systemClock } from '../../kit/clock.ts'
import type { RunEvent } from '../../model/event.ts'
import type { Plan } from '../../model/plan.ts'
import { terminalWidth } from '../terminal.ts'
import { durationText } from '../../kit/duration-text.ts'
import { fitText } from '../wrap-text.ts'
import { foldProgress, startProgress, timeLeftMs, type Lane, type RunProgress } from './run-progress.ts'

/** Frames a second: more costs processor time and shows nothing more. */
const REDRAW_MS = 500
/** Lanes shown each on a line of its own; the rest are counted. */
const LANES_SHOWN = 10

type Task = ListrTaskWrapper<unknown, typeof DefaultRenderer, typeof SimpleRenderer>

/** Draws until closed. Signals are the caller's: listr2's own handler would end the process before machines are destroyed. */
export function openLaneView(plan: Plan): { onEvent(event: RunEvent): void; close(): Promise<void> } {
  const progress = startProgress(plan)
  const ended = Promise.withResolvers<void>()
  const stageEnds = new Map(plan.stages.map((stage) => [stage.id, Promise.withResolvers<void>()]))
  const tasks = new Map<string, Task>()
  const list = new Listr(
    [
      ...plan.stages.map((stage) => ({
        title: stage.title,
        task: async (_: unknown, task: Task) => {
          tasks.set(stage.id, task)
          await stageEnds.get(stage.id)?.promise
          const state = progress.stages.find((entry) => entry.id === stage.id)?.state
          if (state === 'failed') throw new Error(`${stage.title}: failed`)
          // What waits when the run ends was not needed, or a stage before it failed.
          if (state !== 'passed')
            task.skip(`${stage.title}: ${state === undefined || state === 'waiting' ? 'not run' : state}`)
        },
      })),
      {
        title: 'machines',
        task: async (_: unknown, task: Task) => {
          tasks.set('machines', task)
          await ended.promise
        },
      },
    ],
    {
      concurrent: true,
      exitOnError: false,
      registerSignalListeners: false,
      rendererOptions: { collapseErrors: false, formatOutput: 'truncate' },
    },
  )
  const running = list.run().catch(() => undefined)
  const draw = (): void => redraw(progress, tasks)
  const stopDrawing = every(REDRAW_MS, draw)
  return {
    onEvent(event) {
      foldProgress(progress, plan, event)
      if (event.type === 'stage-closed') {
        draw()
        stageEnds.get(event.stage)?.resolve()
      }
    },
    async close() {
      stopDrawing()
      for (const end of stageEnds.values()) end.resolve()
      ended.resolve()
      await running
    },
  }
}

function redraw(progress: RunProgress, tasks: ReadonlyMap<string, Task>): void {
  for (const stage of progress.stages) {
    const task = tasks.get(stage.id)
    if (task !== undefined)
      task.title =
        stage.state === 'waiting' ? stage.title : `${stage.title}: ${stage.done}/${stage.cells} cells`
  }
  const machines = tasks.get('machines')
  if (machines === undefined) return
  const left = timeLeftMs(progress)
  const facts = [
    `${progress.attemptsDone}/${progress.attemptsWanted} attempts`,
    ...(progress.crashes === 0 ? [] : [`${progress.crashes} crashes`]),
    ...(progress.hostFaults === 0 ? [] : [`${progress.hostFaults} host faults`]),
    ...(left === undefined ? [] : [`about ${durationText(left)} left`]),
  ]
  machines.title = facts.join(' · ')
  const busy = [...progress.lanes.values()].filter((lane) => lane.attempt !== undefined)
  const lines = busy
    .slice(0, LANES_SHOWN)
    .map((lane) => fitText(describeLane(lane, progress), Math.max(20, terminalWidth() - 4)))
  machines.output = [
    ...lines,
    ...(busy.length > LANES_SHOWN ? [`and ${busy.length - LANES_SHOWN} more`] : []),
  ].join('\n')
}

function describeLane({ host, slot, attempt }: Lane, progress: RunProgress): string {
  if (attempt === undefined) return `${host}/${slot} idle`
  const cell = progress.cells.get(attempt.cell)
  const values = cell === undefined ? attempt.cell : Object.values(cell.configuration).join(' · ')
  return `${host}/${slot} ${attempt.arm} ${attempt.phase} ${durationText(systemClock.now() - attempt.startedAt)} ${values}`
}
