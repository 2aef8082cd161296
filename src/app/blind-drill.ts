/** Blind drills: somebody seals a fault, the run names what it found, and then the fault is revealed and compared. */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { judgeSealedFault } from '../drill/judge-drill.ts'
import { loadDrillScenario } from '../inputs/load-drill.ts'
import { formatInstant, systemClock } from '../kit/clock.ts'
import { writeFileAtomic } from '../kit/files.ts'
import { sha256 } from '../kit/hash.ts'
import { SealSchema, type Revealed, type Seal } from '../model/drill.ts'
import { AppError } from '../model/errors.ts'
import type { Policy } from '../model/policy.ts'
import { judgeRun } from './judge-run.ts'

export interface Sealed {
  /** Absolute; nobody who works on the run may read it. */
  readonly file: string
  /** Of the file: to be given away before the run begins. */
  readonly sha256: string
}

const SALT_BYTES = 32

/**
 * Seals a drill scenario: its hash fixes the fault before the run, and a salt keeps it from being guessed.
 * @throws AppError INPUT_MISSING, INPUT_INVALID (user)
 */
export async function sealFault(scenarioFile: string): Promise<Sealed> {
  const scenario = await loadDrillScenario(resolve(scenarioFile))
  const seal: Seal = {
    schema: 'ringzero/seal/1',
    sealedAt: systemClock.now(),
    salt: randomBytes(SALT_BYTES).toString('hex'),
    scenario,
  }
  const text = `${JSON.stringify(seal, undefined, 2)}\n`
  const file = `${resolve(scenarioFile)}.seal.json`
  await writeFileAtomic(file, text)
  return { file, sha256: sha256(text) }
}

/**
 * Opens a seal and holds it against what the run says.
 * @param wanted the hash that was given away before; a beginning of 12 digits is enough
 * @throws AppError SEAL_BROKEN, RUN_UNREADABLE (user), JOURNAL_DAMAGED
 */
export async function revealFault(
  sealFile: string,
  runFolder: string,
  wanted: string,
  { policy, signal }: { readonly policy: Policy; readonly signal: AbortSignal },
): Promise<Revealed> {
  const path = resolve(sealFile)
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw broken(path, 'cannot be read', error)
  })
  const found = sha256(text)
  if (!/^[0-9a-f]{12,64}$/.test(wanted) || !found.startsWith(wanted))
    throw broken(path, `has the hash ${found}, not ${wanted}`)
  const seal = parsed(path, text)
  const { scenario, sealedAt } = seal
  const judged = await judgeRun(resolve(runFolder), policy, systemClock.now(), { signal })
  const { run, cells } = judged.report
  // Whoever seals after the run has begun may have known what it would say.
  if (sealedAt > run.startedAt)
    throw broken(
      path,
      `was sealed at ${formatInstant(sealedAt)}, after the run began (${formatInstant(run.startedAt)})`,
    )
  const finding = judgeSealedFault(scenario, judged)
  const named = new Set(
    cells.flatMap(({ verdict }) =>
      verdict.symptoms.map(({ class: name, severity, phase }) => `${name} (${severity}) in ${phase}`),
    ),
  )
  return {
    schema: 'ringzero/revealed/1',
    sha256: found,
    run: run.id,
    sealed: { title: scenario.title, class: scenario.expect.class, phases: scenario.expect.phases },
    named: [...named],
    result: finding.is === 'right' ? 'named' : finding.is === 'lab' ? 'lab' : 'not-named',
    because: finding.because,
  }
}

function parsed(path: string, text: string): Seal {
  try {
    return SealSchema.parse(JSON.parse(text))
  } catch (error) {
    throw broken(path, 'is no sealed fault', error)
  }
}

function broken(path: string, what: string, cause?: unknown): AppError {
  return new AppError('SEAL_BROKEN', 'user', `the seal ${path} ${what}`, {
    where: { file: path },
    hint: 'give the file that `ringzero drill seal` wrote, unchanged, and the hash that it printed before the run',
    ...(cause === undefined ? {} : { cause }),
  })
}
