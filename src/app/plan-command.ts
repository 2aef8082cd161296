/** The plan that was asked for on the command line, and what it costs on the lab. */
import { relative, resolve, sep } from 'node:path'
import { systemClock } from '../kit/clock.ts'
import { writeFileAtomic } from '../kit/files.ts'
import { AppError } from '../model/errors.ts'
import type { Plan } from '../model/plan.ts'
import type { LabHost } from '../model/lab.ts'
import { readPictModel } from '../plan/pict/pict-model.ts'
import { loadPictModel } from '../inputs/load-pict-model.ts'
import { endingLicences } from './lab-findings.ts'
import { openPlanInputs } from './plan-files.ts'
import { planMatrix } from './plan-matrix.ts'
import { changedValues, loadEarlierRun, stillShown } from './earlier-run.ts'
import type { Logger } from '../sdk/context.ts'
import { silentLogger, workingContext } from './working-context.ts'
import { toolVersion } from './tool-version.ts'
import { checkPageTarget } from './check-page-target.ts'
import { writePlanPage } from './write-plan-page.ts'

export interface PlanCommand {
  readonly matrix: string | undefined
  readonly pict: string | undefined
  readonly lab: string | undefined
  readonly candidate: string | undefined
  readonly strength: number | undefined
  readonly seed: number
  readonly effort: number
  readonly since: string | undefined
  readonly history: string | undefined
  /** Where the page of the plan goes. */
  readonly html: string | undefined
  /** Where the plan goes for those who run it. */
  readonly out?: string | undefined
}

export interface PlannedCommand {
  readonly plan: Plan
  readonly cost: { readonly milliseconds: number; readonly cost: number } | undefined
  /** Absolute path of the page that was written. */
  readonly page: string | undefined
  /** Absolute path of the plan that was written. */
  readonly out: string | undefined
}

/** @throws AppError with fault user for whatever is wrong in the files; USAGE when neither or both of matrix and pict are given */
export async function planCommand(
  command: PlanCommand,
  signal: AbortSignal,
  log: Logger = silentLogger,
): Promise<PlannedCommand> {
  const { matrix, pict, lab, candidate, strength, since, history, html, out, ...numbers } = command
  if ((matrix === undefined) === (pict === undefined)) {
    throw new AppError('USAGE', 'user', 'give one model: a matrix file or --pict', {
      hint: 'as in: ringzero plan matrix.yaml',
    })
  }
  if (html !== undefined) await checkPageTarget(html)
  const earlier = since === undefined ? undefined : await loadEarlierRun(since)
  const given = pict === undefined ? undefined : await loadPictModel(pict, readPictModel)
  const room = await openPlanInputs(
    {
      ...numbers,
      matrix: matrix ?? '',
      isolate: 0,
      ...(lab === undefined ? {} : { lab }),
      ...(candidate === undefined ? {} : { candidate }),
      ...(strength === undefined ? {} : { strength }),
      ...(earlier === undefined ? {} : { since: earlier }),
      ...(history === undefined ? {} : { history }),
    },
    workingContext(signal, log),
    given,
  )
  // Said, and not written into the plan: tomorrow's plan of the same inputs is the same.
  if (room.opened !== undefined)
    for (const message of await endingLicences(room.opened, systemClock.now())) log.log('warn', message)
  const plan = await planMatrix(room.request)
  const cost = room.opened === undefined ? undefined : costOf(plan, room.opened.lab.hosts)
  const { matrix: planned } = room.request.loaded
  const shownBefore = room.request.since
  const page =
    html === undefined
      ? undefined
      : await writePlanPage({
          file: html,
          matrix: planned,
          plan,
          cost,
          since:
            shownBefore === undefined
              ? undefined
              : stillShown(shownBefore, changedValues(shownBefore, planned, plan)),
        })
  const written = out === undefined ? undefined : await writePlanFile(resolve(out), plan, command)
  return { plan, cost, page, out: written }
}

/** Replaces the file: planning again gives the same plan, or the plan that is wanted now. */
async function writePlanFile(
  file: string,
  plan: Plan,
  { matrix, lab, candidate }: PlanCommand,
): Promise<string> {
  if (matrix === undefined)
    throw new AppError('USAGE', 'user', '--out needs a matrix file: a PICT model names no images', {
      hint: 'write a matrix file with the model in it',
    })
  const sources = {
    toolVersion: toolVersion(),
    matrix: pathFromHere(matrix),
    ...(lab === undefined ? {} : { lab: pathFromHere(lab) }),
    ...(candidate === undefined ? {} : { candidate: pathFromHere(candidate) }),
  }
  await writeFileAtomic(file, `${JSON.stringify({ ...plan, sources }, undefined, 2)}\n`)
  return file
}

/** From the current folder, with `/` on every system: a checkout lies elsewhere on every runner. */
function pathFromHere(path: string): string {
  return (relative('', path) || '.').replaceAll(sep, '/')
}

/** All hosts side by side, each as many machines as it lends. */
function costOf(
  plan: Plan,
  hosts: readonly LabHost[],
): { readonly milliseconds: number; readonly cost: number } {
  const seconds = plan.cells.reduce((sum, cell) => sum + cell.expectedSeconds * plan.settings.repeats, 0)
  const machines = hosts.reduce((sum, host) => sum + host.capacity.machines, 0)
  const hours = seconds / Math.max(1, machines) / 3600
  return {
    milliseconds: hours * 3_600_000,
    cost: hours * hosts.reduce((sum, host) => sum + (host.costPerHour ?? 0), 0),
  }
}
