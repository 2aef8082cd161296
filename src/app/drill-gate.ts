/** `ringzero drill`: ordinary runs of candidates that are known to be bad, and of their good twins; is the gate red for the right reason? */
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { chooseCells, matrixOfCells, type ChosenCells, type DrillGround } from '../drill/choose-cells.ts'
import { combine, judgeBadRun, judgeTwinRun, type RunFinding } from '../drill/judge-drill.ts'
import { makeDrillCandidate, type DrillCandidate } from '../drill/make-candidate.ts'
import { putTogether } from '../drill/put-together.ts'
import { decideGate } from '../judge/gate.ts'
import { withWaiver } from '../judge/known-issues.ts'
import { drillFolder, loadDrillScenarios } from '../inputs/load-drill.ts'
import { loadPolicy } from '../inputs/load-policy.ts'
import { loadSigner, type SignerChoice } from '../inputs/load-signer.ts'
import { systemClock } from '../kit/clock.ts'
import { hashJson, sha256File } from '../kit/hash.ts'
import { timeStampedName } from '../kit/time-stamped-name.ts'
import type { DrillReceipt, DrillResult, DrillScenario } from '../model/drill.ts'
import { AppError } from '../model/errors.ts'
import type { LabHost } from '../model/lab.ts'
import type { Matrix } from '../model/matrix.ts'
import type { Plan } from '../model/plan.ts'
import type { Policy } from '../model/policy.ts'
import type { Gate, Report } from '../model/report.ts'
import type { SymptomClass } from '../model/symptom.ts'
import { feasibleCombination } from '../plan/feasible-combination.ts'
import { resolveCell } from '../plan/resolve-cell.ts'
import type { Logger } from '../sdk/context.ts'
import { storeReceipt } from './drill-receipts.ts'
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
  /** Who signs the receipt; an empty one: nobody. */
  readonly signer: SignerChoice
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
  readonly side: 'bad' | 'twin'
  /** What must be seen of the bad candidate. */
  readonly parts: readonly DrillScenario[]
  readonly candidate: DrillCandidate
  readonly scenario: DrillScenario
  readonly matrix: Matrix
  readonly chosen: ChosenCells
}

interface Rehearsal {
  /** As it stands in its file. */
  readonly scenario: DrillScenario
  readonly bad: string
  readonly twin: string
}

interface JobResult {
  /** By scenario; of a twin under its own name. */
  readonly findings: ReadonlyMap<string, RunFinding>
  readonly seconds: number
}

/** No scenario is called so. */
const TWIN = ''

/** @throws AppError INPUT_*, PLAN_*, DRILL_NOTHING, USAGE (user); INTERRUPTED (cancelled) */
export async function drillGate(request: DrillRequest): Promise<Drilled> {
  const { signal, log } = request
  const startedAt = systemClock.now()
  const policy = await loadPolicy(request.policy)
  const signer = await loadSigner(request.signer, process.env, signal)
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
      const first = done.get(bad)?.findings.get(scenario.id)
      const second = done.get(twin)?.findings.get(TWIN)
      if (first === undefined || second === undefined) continue
      if (results.some((known) => known.scenario === scenario.id)) continue
      const result = {
        ...combine(scenario, first, second),
        ...(first.is === 'right' ? { secondsToRed: done.get(bad)?.seconds ?? 0 } : {}),
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
    computer: hostname(),
    startedAt,
    endedAt: systemClock.now(),
    matrix: { id: room.request.loaded.matrix.id, sha256: hashJson(room.request.loaded.matrix) },
    lab: {
      sha256: opened?.lab.sha256 ?? '',
      hosts: (opened?.lab.hosts ?? []).map(({ name, provider }) => ({ name, provider })),
      simulated: isSimulated(room),
    },
    policy: { id: policy.id, sha256: hashJson(policy) },
    full: request.full,
    results: results.toSorted((a, b) => (a.scenario < b.scenario ? -1 : 1)),
  }
  await storeReceipt(receipt, { folder, store: opened?.lab.storeFolder ?? folder, signer })
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
  const ground = (os: DrillScenario['os']): DrillGround => ({
    cells: plan.cells,
    services: services(os),
    feasible,
    resolve: (configuration) => resolveCell(matrix, configuration),
  })
  const shown: DrillScenario[] = []
  for (const scenario of scenarios) {
    const refused = await refusal(scenario, simulated, files, () =>
      chooseCells(scenario, matrix, ground(scenario.os)),
    )
    const { id, title, expect } = scenario
    if (refused === undefined) shown.push(scenario)
    else notShown.push({ scenario: id, title, class: expect.class, result: 'not-shown', because: refused })
  }
  const groups = full ? shown.map((scenario) => ({ scenario, parts: [scenario] })) : putTogether(shown)
  for (const { scenario, parts } of groups) {
    const chosen = chooseCells(scenario, matrix, ground(scenario.os))
    if (typeof chosen === 'string') throw new AppError('BUG_UNEXPECTED', 'tool', chosen)
    const file = simulated ? undefined : await neededFile(scenario, files)
    const words = { ...chosen.words, ...(typeof file === 'object' ? { file } : {}) }
    const planned = full
      ? wholeMatrix(matrix, scenario)
      : matrixOfCells(matrix, chosen.configurations, scenario)
    const [bad = '', twin = ''] = (['bad', 'twin'] as const).map((side): string => {
      const candidate = makeDrillCandidate(scenario, side, words, simulated)
      // Equal twins on equal cells are one run; a bad candidate is the only one of its id.
      const key = hashJson([candidate.definition, planned])
      const name = `${candidate.definition.id}${side === 'bad' ? '' : `-${key.slice(0, 4)}`}`
      if (!jobs.has(name)) jobs.set(name, { name, side, candidate, scenario, parts, matrix: planned, chosen })
      return name
    })
    for (const part of parts) rehearsals.push({ scenario: part, bad, twin })
  }
  return { rehearsals, jobs: [...jobs.values()], notShown }
}

/** A sentence where this lab cannot show it; undefined where it can. */
async function refusal(
  scenario: DrillScenario,
  simulated: boolean,
  files: string | undefined,
  choose: () => ChosenCells | string,
): Promise<string | undefined> {
  if (simulated && scenario.simulated === undefined) return 'simulated machines cannot show it'
  const chosen = choose()
  if (typeof chosen === 'string') return chosen
  const file = simulated ? undefined : await neededFile(scenario, files)
  return typeof file === 'string' ? file : undefined
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
  { name, side, parts, matrix, chosen }: Job,
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
  const { judge } = outcome
  const judged = await judgeRun(outcome.runFolder, policy, systemClock.now(), { judge, signal })
  const { startedAt, endedAt = startedAt } = judged.report.run
  const findings = new Map(
    side === 'twin'
      ? [[TWIN, judgeTwinRun(judged)] as const]
      : parts.map((part) => {
          const { report } = judged
          const told =
            parts.length === 1 ? judged : { report, gate: gateOfClass(report, part.expect.class, policy) }
          const product = part.needs?.product === true ? chosen.product : undefined
          return [part.id, judgeBadRun(part, { suspect: chosen.suspect, product }, told)] as const
        }),
  )
  return { findings, seconds: Math.round((endedAt - startedAt) / 1000) }
}

/**
 * What the gate would say if the cells showed this class alone: other failures of the same run must not hide that a policy is blind
 * for it.
 */
function gateOfClass(report: Report, name: SymptomClass, policy: Policy): Gate {
  const at = systemClock.now()
  const cells = report.cells.map(({ planned, verdict }) => {
    const { waiver: _, ...unwaived } = verdict
    const alone = { ...unwaived, symptoms: verdict.symptoms.filter((symptom) => symptom.class === name) }
    return { planned, verdict: withWaiver(alone, planned.configuration, policy.waivers ?? [], at) }
  })
  return decideGate({ ...report, cells }, policy, at)
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
