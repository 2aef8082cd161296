/** `ringzero drill`: ordinary runs of candidates that are known to be bad, and of their good twins; is the gate red for the right reason? */
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { chooseCells, matrixOfCells, type ChosenCells } from '../drill/choose-cells.ts'
import { combine, judgeBadRun, judgeTwinRun, type RunFinding } from '../drill/judge-drill.ts'
import { makeDrillCandidate, type DrillCandidate } from '../drill/make-candidate.ts'
import { drillFolder, loadDrillScenarios } from '../inputs/load-drill.ts'
import { loadPolicy } from '../inputs/load-policy.ts'
import { systemClock } from '../kit/clock.ts'
import { hashJson, sha256File } from '../kit/hash.ts'
import { timeStampedName } from '../kit/time-stamped-name.ts'
import type { DrillReceipt, DrillResult, DrillScenario } from '../model/drill.ts'
import { AppError } from '../model/errors.ts'
import type { LabHost } from '../model/lab.ts'
import type { Matrix } from '../model/matrix.ts'
import type { Plan } from '../model/plan.ts'
import type { Policy } from '../model/policy.ts'
import { feasibleCombination } from '../plan/feasible-combination.ts'
import { resolveCell } from '../plan/resolve-cell.ts'
import type { Logger } from '../sdk/context.ts'
import { judgeRun } from './judge-run.ts'
import { openPlanInputs, type PlanInputs } from './plan-files.ts'
import { planMatrix } from './plan-matrix.ts'
import { runOpened, type RunControls } from './run-candidate.ts'
import { toolVersion } from './tool-version.ts'
import { workingContext } from './working-context.ts'

export interface DrillRequest {
  readonly matrix: string
  readonly lab: string
  readonly policy: string | undefined
  /** The whole matrix for each candidate, not one cell. */
  readonly full: boolean
  /** Ids or classes of scenarios; empty: all. */
  readonly only: readonly string[]
  /** Folder with files that scenarios need and that nobody may ship. */
  readonly files: string | undefined
  /** Folder of the drill; default `drills/<id>` below the current one. */
  readonly folder: string | undefined
  readonly signal: AbortSignal
  readonly log: Logger
  /** Told of each scenario when it is known. */
  readonly onResult: (result: DrillResult) => void
}

export interface Drilled {
  /** Absolute. */
  readonly folder: string
  readonly receipt: DrillReceipt
}

/** One candidate on its cells. Scenarios whose twins are equal share one of these. */
interface Job {
  readonly name: string
  readonly candidate: DrillCandidate
  readonly scenario: DrillScenario
  readonly matrix: Matrix
  readonly chosen: ChosenCells
}

interface Rehearsal {
  readonly scenario: DrillScenario
  readonly chosen: ChosenCells
  readonly bad: string
  readonly twin: string
}

interface JobResult {
  readonly finding: RunFinding
  readonly seconds: number
}

/** @throws AppError INPUT_*, PLAN_*, DRILL_NOTHING, USAGE (user); INTERRUPTED (cancelled) */
export async function drillGate(request: DrillRequest): Promise<Drilled> {
  const { signal, log } = request
  const startedAt = systemClock.now()
  const policy = await loadPolicy(request.policy)
  const files = { matrix: request.matrix, lab: request.lab, seed: 1, effort: 0, isolate: 0 }
  const room = await openPlanInputs(files, workingContext(signal, log))
  const plan = await planMatrix(room.request, signal)
  const folder = resolve(request.folder ?? join('drills', timeStampedName(startedAt)))
  const scenarios = await scenariosFor(plan, request.only)
  const { rehearsals, jobs, notShown } = await prepare(room, plan, scenarios, request)
  if (rehearsals.length === 0)
    throw new AppError('DRILL_NOTHING', 'user', 'this lab can show none of the scenarios', {
      problems: notShown.map(({ scenario, because }) => ({ message: `${scenario}: ${because}` })),
    })
  await writeCandidates(folder, jobs, request.files)
  for (const result of notShown) request.onResult(result)
  const results: DrillResult[] = [...notShown]
  const done = new Map<string, JobResult>()
  const conclude = (): void => {
    for (const rehearsal of rehearsals) {
      const { scenario, bad, twin } = rehearsal
      const [first, second] = [done.get(bad), done.get(twin)]
      if (first === undefined || second === undefined) continue
      if (results.some((known) => known.scenario === scenario.id)) continue
      const result = {
        ...combine(scenario, first.finding, second.finding),
        ...(first.finding.is === 'right' ? { secondsToRed: first.seconds } : {}),
        bad,
        twin,
      }
      results.push(result)
      request.onResult(result)
    }
  }
  await inLanes(jobs, lanesOf(room, jobs, request.full), async (job, lane) => {
    done.set(job.name, await runJob(job, lane, { request, policy, folder }))
    conclude()
  })
  const { opened } = room
  const receipt: DrillReceipt = {
    schema: 'ringzero/drill/1',
    tool: toolVersion(),
    startedAt,
    endedAt: systemClock.now(),
    matrix: { id: room.request.loaded.matrix.id, sha256: hashJson(room.request.loaded.matrix) },
    lab: {
      sha256: await sha256File(opened?.lab.file ?? ''),
      hosts: (opened?.lab.hosts ?? []).map(({ name, provider }) => ({ name, provider })),
      simulated: isSimulated(room),
    },
    policy: { id: policy.id, sha256: hashJson(policy) },
    full: request.full,
    results: results.toSorted((a, b) => (a.scenario < b.scenario ? -1 : 1)),
  }
  return { folder, receipt }
}

async function scenariosFor(plan: Plan, only: readonly string[]): Promise<readonly DrillScenario[]> {
  const systems = [...new Set(plan.cells.map(({ os }) => os))]
  const all = (await Promise.all(systems.map((os) => loadDrillScenarios(drillFolder(os))))).flat()
  const unknown = only.find((name) => !all.some(({ id, expect }) => id === name || expect.class === name))
  if (unknown !== undefined)
    throw new AppError('USAGE', 'user', `no drill scenario is called "${unknown}"`, {
      hint: `use one of: ${all.map(({ id }) => id).join(', ')}`,
    })
  return only.length === 0
    ? all
    : all.filter(({ id, expect }) => only.includes(id) || only.includes(expect.class))
}

function isSimulated({ opened }: PlanInputs): boolean {
  return (opened?.hosts ?? []).some(({ provider }) => provider.capabilities.simulated)
}

/** Which candidates run where; equal ones once. */
async function prepare(
  room: PlanInputs,
  plan: Plan,
  scenarios: readonly DrillScenario[],
  { full, files }: DrillRequest,
): Promise<{
  readonly rehearsals: readonly Rehearsal[]
  readonly jobs: readonly Job[]
  readonly notShown: readonly DrillResult[]
}> {
  const { matrix } = room.request.loaded
  const simulated = isSimulated(room)
  const feasible = feasibleCombination(matrix)
  const services = servicesOf(room)
  const rehearsals: Rehearsal[] = []
  const jobs = new Map<string, Job>()
  const notShown: DrillResult[] = []
  for (const scenario of scenarios) {
    const refused = (because: string): void =>
      void notShown.push({
        scenario: scenario.id,
        title: scenario.title,
        class: scenario.expect.class,
        result: 'not-shown',
        because,
      })
    if (simulated && scenario.simulated === undefined) {
      refused('simulated machines cannot show it')
      continue
    }
    const chosen = chooseCells(scenario, matrix, {
      cells: plan.cells,
      services: services(scenario.os),
      feasible,
      resolve: (configuration) => resolveCell(matrix, configuration),
    })
    if (typeof chosen === 'string') {
      refused(chosen)
      continue
    }
    const file = simulated ? undefined : await neededFile(scenario, files)
    if (typeof file === 'string') {
      refused(file)
      continue
    }
    const words = { ...chosen.words, ...(file === undefined ? {} : { file }) }
    const planned = full
      ? wholeMatrix(matrix, scenario)
      : matrixOfCells(matrix, chosen.configurations, scenario)
    const [bad, twin] = (['bad', 'twin'] as const).map((side): string => {
      const candidate = makeDrillCandidate(scenario, side, words, simulated)
      // Equal twins on equal cells are one run; a bad candidate is the only one of its id.
      const key = hashJson([candidate.definition, planned])
      const name = `${candidate.definition.id}${side === 'bad' ? '' : `-${key.slice(0, 4)}`}`
      if (!jobs.has(name)) jobs.set(name, { name, candidate, scenario, matrix: planned, chosen })
      return name
    })
    rehearsals.push({ scenario, chosen, bad: bad ?? '', twin: twin ?? '' })
  }
  return { rehearsals, jobs: [...jobs.values()], notShown }
}

/** The matrix as it is, with at least the restarts that the scenario needs. */
function wholeMatrix(matrix: Matrix, { restarts, soakSeconds }: DrillScenario): Matrix {
  return {
    ...matrix,
    ...(matrix.restarts === undefined || matrix.restarts >= restarts ? {} : { restarts }),
    ...(matrix.soakSeconds === undefined || matrix.soakSeconds >= soakSeconds ? {} : { soakSeconds }),
  }
}

function servicesOf({ opened }: PlanInputs): (os: DrillScenario['os']) => ReadonlyMap<string, string> {
  return (os) =>
    new Map(
      [...(opened?.products ?? [])].flatMap(([id, { health }]) => {
        const service = health[os]?.services?.[0]
        return service === undefined ? [] : [[id, service] as const]
      }),
    )
}

/** @returns a sentence where the file is not there */
async function neededFile(
  { needs }: DrillScenario,
  folder: string | undefined,
): Promise<{ readonly path: string; readonly sha256: string } | string | undefined> {
  const file = needs?.file
  if (file === undefined) return undefined
  if (folder === undefined)
    return `it needs ${file.path}, which cannot be shipped: ${file.obtain}; then give --files`
  const sha256 = await sha256File(join(folder, file.path)).catch(() => undefined)
  return sha256 === undefined
    ? `${file.path} is not in ${folder}: ${file.obtain}`
    : { path: file.path, sha256 }
}

async function writeCandidates(
  folder: string,
  jobs: readonly Job[],
  shippedBy: string | undefined,
): Promise<void> {
  for (const { name, candidate } of jobs) {
    const place = join(folder, 'candidates', name)
    await mkdir(place, { recursive: true })
    await writeFile(join(place, 'candidate.yaml'), `${JSON.stringify(candidate.definition, undefined, 2)}\n`)
    for (const [path, text] of candidate.files) await writeFile(join(place, path), text)
    for (const { path } of candidate.definition.files) {
      if (candidate.files.has(path)) continue
      await mkdir(dirname(join(place, path)), { recursive: true })
      await copyFile(join(shippedBy ?? '', path), join(place, path))
    }
  }
}

/** The hosts that one run may use, with what it may use of them. */
type Lane = readonly LabHost[]

/** Small drills run side by side, each with one machine at a time; of whole matrices one runs after the other, on all that the lab has. */
function lanesOf({ opened, request }: PlanInputs, jobs: readonly Job[], full: boolean): readonly Lane[] {
  const hosts = opened?.lab.hosts ?? []
  if (full) return [hosts]
  const machines = jobs.flatMap(({ chosen }) =>
    chosen.configurations.map((configuration) => resolveCell(request.loaded.matrix, configuration).machine),
  )
  const memoryMiB = Math.max(1, ...machines.map((machine) => machine.memoryMiB))
  const vcpus = Math.max(1, ...machines.map(({ cpu }) => cpu?.count ?? 1))
  return hosts.flatMap((host): Lane[] => {
    const { capacity } = host
    const most = Math.min(
      capacity.machines,
      Math.floor(capacity.memoryMiB / memoryMiB),
      Math.floor(capacity.vcpus / vcpus),
    )
    const lane: Lane = [{ ...host, capacity: { ...capacity, machines: 1 } }]
    return Array.from({ length: Math.max(1, most) }, () => lane)
  })
}

/** The longest first, each lane one after the other. */
async function inLanes(
  jobs: readonly Job[],
  lanes: readonly Lane[],
  work: (job: Job, lane: Lane) => Promise<void>,
): Promise<void> {
  const waiting = jobs.toSorted((a, b) => b.scenario.seconds - a.scenario.seconds)
  const ends = await Promise.allSettled(
    lanes.map(async (lane) => {
      for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
        try {
          await work(job, lane)
        } catch (error) {
          // Nobody begins another one; what runs comes to its end.
          waiting.length = 0
          throw error
        }
      }
    }),
  )
  for (const end of ends) if (end.status === 'rejected') throw end.reason
}

async function runJob(
  { name, scenario, matrix, chosen }: Job,
  lane: Lane,
  {
    request,
    policy,
    folder,
  }: { readonly request: DrillRequest; readonly policy: Policy; readonly folder: string },
): Promise<JobResult> {
  const { signal, log } = request
  signal.throwIfAborted()
  const given = { matrix, file: resolve(request.matrix), sha256: hashJson(matrix) }
  const inputs = await openPlanInputs(
    {
      matrix: request.matrix,
      lab: request.lab,
      candidate: join(folder, 'candidates', name),
      seed: 1,
      effort: 0,
      isolate: 0,
    },
    workingContext(signal, log),
    given,
  )
  const controls: RunControls = {
    signal,
    log,
    watch: () => ({ onEvent: () => undefined, close: () => Promise.resolve() }),
    keepGoing: true,
    keepFailed: false,
    policy: request.policy,
  }
  const outcome = await runOpened(onLane(inputs, lane), join(folder, name), policy, controls)
  if (outcome.ended === 'interrupted')
    throw new AppError('INTERRUPTED', 'cancelled', 'the drill was interrupted', {
      hint: 'begin it again: a drill is not resumed',
    })
  const judge = await outcome.judge.settled(signal)
  const judged = await judgeRun(outcome.runFolder, policy, systemClock.now(), { judge, signal })
  const { startedAt, endedAt = startedAt } = judged.report.run
  const finding =
    name === `drill-${scenario.id}` ? judgeBadRun(scenario, chosen, judged) : judgeTwinRun(judged)
  return { finding, seconds: Math.round((endedAt - startedAt) / 1000) }
}

function onLane(inputs: PlanInputs, lane: Lane): PlanInputs {
  const { opened, request } = inputs
  if (opened === undefined) return inputs
  const hosts = opened.hosts.flatMap((parts) => {
    const host = lane.find(({ name }) => name === parts.host.name)
    return host === undefined ? [] : [{ ...parts, host }]
  })
  const names = new Set(lane.map(({ name }) => name))
  return {
    ...inputs,
    request: { ...request, offers: request.offers.filter(({ name }) => names.has(name)) },
    opened: { ...opened, hosts, offers: opened.offers.filter(({ name }) => names.has(name)) },
  }
}
