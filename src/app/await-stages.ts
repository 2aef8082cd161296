/** A shard of a later stage waits until the runners of the earlier ones say how that ended. */
import { readFile, stat } from 'node:fs/promises'
import { AppError } from '../model/errors.ts'
import type { Plan } from '../model/plan.ts'
import { oneLine } from '../kit/text.ts'
import { StageResultSchema, type StageResult } from '../model/stage-result.ts'
import type { Context } from '../sdk/context.ts'

export interface AwaitStagesRequest {
  /** The whole plan. */
  readonly plan: Plan
  /** Stages that are run here. */
  readonly chosen: readonly string[]
  /** Files or http(s) addresses of stages.json of other shards; together they tell of all cells of a stage. */
  readonly sources: readonly string[]
  /** Run although an earlier stage is red. */
  readonly keepGoing: boolean
  readonly timeoutMs: number
}

const FILE_PAUSE_MS = 2000
const ADDRESS_PAUSE_MS = 15_000
const ANSWER_MS = 30_000
/** A plan of a million cells; more is not what is waited for. */
const MAXIMUM_BYTES = 32 * 1024 * 1024

/**
 * Waits for the stages before the chosen ones.
 * @returns why nothing may start: an earlier stage did not pass; undefined when all did
 * @throws AppError AFTER_MISSING, AFTER_FOREIGN (user); AFTER_TIMEOUT (host) when a result does not come in time
 */
export async function awaitStages(request: AwaitStagesRequest, ctx: Context): Promise<string | undefined> {
  const { sources, keepGoing } = request
  const earlier = keepGoing ? [] : stagesBefore(request)
  if (sources.length === 0) {
    const [first] = earlier
    if (first === undefined) return undefined
    throw new AppError('AFTER_MISSING', 'user', `stage ${first.id} comes before these and is not run here`, {
      hint: 'give its result: --after FILE or URL (report/stages.json of its run), or --keep-going',
    })
  }
  const wanted = new Set(earlier.map(({ id }) => id))
  const results = await Promise.all(sources.map((source) => awaitResult(source, request, wanted, ctx)))
  for (const { id, cells } of earlier) {
    const told = results.flatMap(({ stages }) => stages.filter((stage) => stage.id === id))
    const red = told.find(({ state }) => state !== 'passed')
    if (red !== undefined) return `stage ${id} ended as ${red.state}`
    const seen = new Set(told.flatMap((stage) => stage.cells))
    const open = cells.filter((cell) => !seen.has(cell))
    if (open.length > 0)
      throw new AppError(
        'AFTER_MISSING',
        'user',
        `nothing tells of ${open.length} of the ${cells.length} cells of stage ${id}`,
        { hint: 'give --after for every shard of that stage' },
      )
  }
  return undefined
}

/** Stages that must have passed before the last of the chosen ones may start, and that are not run here. */
function stagesBefore({ plan, chosen }: AwaitStagesRequest): Plan['stages'] {
  const last = plan.stages.findLastIndex(({ id }) => chosen.includes(id))
  return plan.stages
    .slice(0, Math.max(0, last))
    .filter(
      ({ id, continueOnFailure, cells }) => !chosen.includes(id) && !continueOnFailure && cells.length > 0,
    )
}

async function awaitResult(
  source: string,
  { plan, timeoutMs }: AwaitStagesRequest,
  wanted: ReadonlySet<string>,
  ctx: Context,
): Promise<StageResult> {
  const name = nameOf(source)
  const end = ctx.clock.now() + timeoutMs
  const isAddress = /^https?:\/\//i.test(source)
  for (let said = ''; ;) {
    const found = await look(source, isAddress, ctx)
    if ('result' in found) {
      const { result } = found
      if (result.plan !== plan.id)
        throw new AppError(
          'AFTER_FOREIGN',
          'user',
          `${name} tells of another plan (${oneLine(result.plan.slice(0, 12))}) than this one (${plan.id.slice(0, 12)})`,
          { hint: 'give the result of a run of the same plan' },
        )
      const open = result.stages.find(({ id, state }) => wanted.has(id) && state === 'not-started')
      if (open === undefined) return result
    }
    const why = 'why' in found ? found.why : 'its stage has not begun'
    if (why !== said) ctx.log.log('info', `waiting for ${name}: ${why}`)
    said = why
    const left = end - ctx.clock.now()
    if (left <= 0)
      throw new AppError(
        'AFTER_TIMEOUT',
        'host',
        `${name} did not tell in time how its stages ended: ${why}`,
        {
          hint: 'look at the runner of the earlier stage; --after-minutes waits longer',
        },
      )
    await ctx.clock.sleep(Math.min(left, isAddress ? ADDRESS_PAUSE_MS : FILE_PAUSE_MS), ctx.signal)
  }
}

/** What stands there now; or why that is not yet a result. What cannot be read may be half written. */
async function look(
  source: string,
  isAddress: boolean,
  ctx: Context,
): Promise<{ readonly result: StageResult } | { readonly why: string }> {
  try {
    const text = isAddress ? await fetchText(source, ctx.signal) : await readText(source)
    const parsed = StageResultSchema.safeParse(JSON.parse(text))
    if (parsed.success) return { result: parsed.data }
    return { why: `it is no ringzero/stages/1 (${parsed.error.issues[0]?.path.join('.') ?? ''})` }
  } catch (error) {
    ctx.signal.throwIfAborted()
    const { code, message, cause } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return { why: 'it is not there yet' }
    if (error instanceof SyntaxError) return { why: 'it is no JSON' }
    return { why: oneLine(cause instanceof Error ? `${message}: ${cause.message}` : message, 200) }
  }
}

async function readText(path: string): Promise<string> {
  const { size } = await stat(path)
  if (size > MAXIMUM_BYTES) throw new RangeError('it is too large')
  return await readFile(path, 'utf8')
}

async function fetchText(address: string, signal: AbortSignal): Promise<string> {
  const answer = await fetch(address, {
    signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
    headers: { accept: 'application/json' },
  })
  if (!answer.ok) {
    await answer.body?.cancel()
    throw new Error(`the server answers ${answer.status}`)
  }
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of answer.body ?? []) {
    size += piece.byteLength
    if (size > MAXIMUM_BYTES) throw new RangeError('it is too large')
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}

/** Without user, password and query, which may be secret. */
function nameOf(source: string): string {
  if (!/^https?:\/\//i.test(source)) return source
  try {
    const { origin, pathname } = new URL(source)
    return `${origin}${pathname}`
  } catch {
    throw new AppError('USAGE', 'user', '--after is no address that can be read', {
      hint: 'give a file, or an address as https://host/path/stages.json',
    })
  }
}
