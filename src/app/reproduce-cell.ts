/** `ringzero reproduce`: one machine of a published report, made again in the reader's own lab, with a control beside it. */
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { loadPublicKey, loadSigner, type SignerChoice } from '../inputs/load-signer.ts'
import { loadMatrix } from '../inputs/load-matrix.ts'
import { reproductionNeeds } from '../inputs/reproduction-lab.ts'
import { loadCandidate } from '../inputs/package/load-candidate.ts'
import { formatInstant, systemClock } from '../kit/clock.ts'
import { writeFileAtomic } from '../kit/files.ts'
import type { ByteSigner } from '../kit/signing.ts'
import { AppError, type Problem } from '../model/errors.ts'
import type { Matrix } from '../model/matrix.ts'
import type { MachineRecipe, PartnerCell, PartnerReport } from '../model/partner-report.ts'
import { DEFAULT_POLICY } from '../model/policy.ts'
import { checkMatrix } from '../plan/check-matrix.ts'
import type { BundleFiles, UnpackedBundle } from '../publish/bundle-zip.ts'
import { compareReproduction, type Reproduction } from '../publish/compare-reproduction.ts'
import { reproductionStatement } from '../publish/countersignature.ts'
import { signStatement } from '../publish/dsse.ts'
import { verifyBundle } from '../publish/verify-bundle.ts'
import { judgeRun } from './judge-run.ts'
import { openLab } from './open-lab.ts'
import { openPlanInputs } from './plan-files.ts'
import { planMatrix } from './plan-matrix.ts'
import { signingFailed } from './pre-register.ts'
import { runOrResume, type CandidateOutcome, type RunControls } from './run-candidate.ts'
import { toolVersion } from './tool-version.ts'
import { packingProblems, readBundle } from './verify-bundle-files.ts'
import { workingContext } from './working-context.ts'

export interface ReproduceRequest {
  /** Folder or zip of the report. */
  readonly bundle: string
  /** Public key of the publisher; absent: nothing says that he wrote it. */
  readonly key: string | undefined
  /** Id of the machine in the report, or its first characters. */
  readonly cell: string
  readonly lab: string
  /** Folder of the candidate. */
  readonly candidate: string
  /** Image of the lab to take, whatever it is called. */
  readonly image: string | undefined
  /** Folder of matrix, run and statement; an interrupted run in it is gone on with. */
  readonly out: string
  /** Who signs what was seen. */
  readonly countersigner: SignerChoice
  readonly environment: NodeJS.ProcessEnv
}

export interface Reproduced {
  readonly report: string
  readonly cell: string
  readonly told: Pick<PartnerCell, 'outcome' | 'blame'>
  readonly reproduction: Reproduction
  readonly outcome: CandidateOutcome
  /** Absolute path of the signed statement. */
  readonly statement?: string
}

type MachineToMake = PartnerCell & { readonly recipe: MachineRecipe }

/** @throws AppError BUNDLE_UNREADABLE, BUNDLE_WRONG, CELL_UNKNOWN, REPRODUCTION_UNTOLD, REPRODUCTION_MISSING, SIGNING_* (user); whatever a run throws */
export async function reproduceCell(request: ReproduceRequest, controls: RunControls): Promise<Reproduced> {
  const unpacked = await readBundle(request.bundle)
  const { files } = unpacked
  const report = await trustedReport(unpacked, request, controls)
  const cell = machineToMake(report, request.cell)
  const signer = await loadSigner(request.countersigner, request.environment, controls.signal)
  const out = resolve(request.out)
  const matrix = join(out, 'matrix.yaml')
  await mkdir(out, { recursive: true })
  await prepare(report, cell, matrix, request, controls)
  const { lab, candidate } = request
  const sought = { matrix, lab, candidate, seed: 1, effort: 0, isolate: 0, runFolder: join(out, 'run') }
  const outcome = await runOrResume(sought, controls)
  const judged = await judgeRun(outcome.runFolder, DEFAULT_POLICY, systemClock.now(), {
    signal: controls.signal,
  })
  const [made] = judged.report.cells
  if (made === undefined) throw new AppError('BUG_NO_LAB', 'tool', 'a reproduction planned no cell')
  const reproduction = compareReproduction(cell, made.verdict)
  const { simulated } = judged.report.run
  const statement =
    signer === undefined || outcome.ended === 'interrupted'
      ? undefined
      : await countersign(files, report, { cell: cell.id, reproduction, simulated, out }, signer)
  return {
    report: report.id,
    cell: cell.id,
    told: { outcome: cell.outcome, blame: cell.blame },
    reproduction,
    outcome,
    ...(statement === undefined ? {} : { statement }),
  }
}

async function trustedReport(
  { files, isAsPacked }: UnpackedBundle,
  { bundle, key, countersigner }: ReproduceRequest,
  { log }: RunControls,
): Promise<PartnerReport> {
  const signs = countersigner.key !== undefined || countersigner.command !== undefined
  if (key === undefined && signs)
    throw new AppError('USAGE', 'user', '--countersign signs a statement on a report that nobody checked', {
      hint: 'give the public key of its publisher by --key',
    })
  const today = formatInstant(systemClock.now()).slice(0, 10)
  const verified = await verifyBundle(files, key === undefined ? undefined : await loadPublicKey(key), today)
  const { report } = verified
  const problems = [...verified.problems, ...packingProblems(bundle, verified, isAsPacked)]
  if (key === undefined)
    log.log('warn', 'nothing says who wrote this report: give the public key of its publisher by --key')
  else if (problems.length > 0)
    throw new AppError('BUNDLE_WRONG', 'user', 'this report is not what its publisher signed', {
      problems: problems.map(({ file, what }) => ({
        message: `${file} ${what}`,
        hint: 'ask its publisher for another copy',
      })),
    })
  if (report !== undefined) return report
  throw new AppError('BUNDLE_UNREADABLE', 'user', 'there is no report to a partner in it', {
    hint: 'give the folder or the zip that `ringzero publish` wrote',
  })
}

function machineToMake({ cells }: PartnerReport, query: string): MachineToMake {
  const found = cells.filter(({ id }) => id.startsWith(query) || id.startsWith(`cell-${query}`))
  const [cell] = found
  if (cell === undefined || found.length > 1)
    throw new AppError(
      'CELL_UNKNOWN',
      'user',
      `${found.length === 0 ? 'no machine' : `${found.length} machines`} of the report begin with ${JSON.stringify(query.slice(0, 100))}`,
      {
        hint: `give one of: ${cells
          .slice(0, 5)
          .map(({ id }) => id)
          .join(', ')}`,
      },
    )
  const { recipe } = cell
  if (recipe !== undefined) return { ...cell, recipe }
  throw new AppError('REPRODUCTION_UNTOLD', 'user', `the report does not tell what ${cell.id} is made of`, {
    hint: 'ask its publisher for a report with show.reproduction',
  })
}

/** Writes the matrix of the one machine. @throws AppError REPRODUCTION_MISSING (user) with all that the lab lacks */
async function prepare(
  report: PartnerReport,
  cell: MachineToMake,
  file: string,
  { lab, candidate, image }: ReproduceRequest,
  { signal, log }: RunControls,
): Promise<void> {
  const ctx = workingContext(signal, log)
  const [opened, loaded] = [await openLab(lab, ctx), await loadCandidate(candidate, {})]
  const { missing, matrix } = reproductionNeeds(report, cell, {
    images: opened.lab.images ?? [],
    products: new Map([...opened.products.values()].map(({ id, release }) => [id, release])),
    candidateSha256: loaded.sha256,
    ...(image === undefined ? {} : { image }),
  })
  await writeFileAtomic(file, `${JSON.stringify(matrix, undefined, 2)}\n`)
  const hardware = missing.some(({ message }) => message.startsWith('image: '))
    ? []
    : await hardwareMissing(matrix, file, { lab, candidate }, { signal, log })
  const problems = [...missing, ...hardware]
  if (problems.length === 0) return
  throw new AppError(
    'REPRODUCTION_MISSING',
    'user',
    `${cell.id} cannot be made here: ${problems.length} things are missing`,
    {
      problems,
    },
  )
}

/** What no host of the lab can give. */
async function hardwareMissing(
  matrix: Matrix,
  file: string,
  files: { readonly lab: string; readonly candidate: string },
  { signal, log }: Pick<RunControls, 'signal' | 'log'>,
): Promise<readonly Problem[]> {
  const given = { ...(await loadMatrix(file, checkMatrix)), matrix }
  const room = await openPlanInputs(
    { ...files, matrix: file, seed: 1, effort: 0, isolate: 0 },
    workingContext(signal, log),
    given,
  )
  try {
    await planMatrix(room.request, signal)
    return []
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'PLAN_IMPOSSIBLE') throw error
    return (error.problems ?? []).map(({ message, hint }) => ({
      message: `hardware profile: ${message}`,
      ...(hint === undefined ? {} : { hint }),
    }))
  }
}

async function countersign(
  files: BundleFiles,
  report: PartnerReport,
  seen: {
    readonly cell: string
    readonly reproduction: Reproduction
    readonly simulated: boolean
    readonly out: string
  },
  signer: ByteSigner,
): Promise<string> {
  const { out, ...told } = seen
  const day = formatInstant(systemClock.now()).slice(0, 10)
  const statement = reproductionStatement(files, report, { ...told, tool: toolVersion(), day })
  const path = join(out, 'reproduction.sigstore.json')
  await writeFileAtomic(path, await signStatement(statement, signer).catch(signingFailed))
  return path
}
