/** Puts the tools of one attempt together and runs it. */
import type { Logger } from '../../sdk/context.ts'
import { AppError } from '../../model/errors.ts'
import type { Plan } from '../../model/plan.ts'
import { AttemptLog } from '../attempt/attempt-log.ts'
import { CleanupStack } from '../attempt/cleanup-stack.ts'
import { AttemptEvidence } from '../../record/evidence-store.ts'
import type { Journal } from '../../record/journal.ts'
import { runCell } from '../attempt/run-cell.ts'
import type { RunLoopOptions } from './run-loop.ts'
import type { RunParts } from '../run-parts.ts'
import type { SecretMasker } from '../../record/secret-masker.ts'

export interface AttemptRunnerOptions {
  readonly plan: Plan
  readonly run: string
  readonly runFolder: string
  readonly parts: RunParts
  readonly keepFailed?: boolean
}

/** A function that runs one attempt. It throws AppError fault 'tool' for a plan that names what was not loaded. */
export function attemptRunner(
  options: AttemptRunnerOptions,
  journal: Journal,
  masker: SecretMasker,
): RunLoopOptions['attempt'] {
  const { plan, run, runFolder } = options
  const parts: RunParts = { ...options.parts, log: maskedLogger(options.parts.log, masker) }
  const secret = masker.watch((name) => parts.secret(name))
  const chosen = new Set(plan.settings.checks)
  const checks = chosen.size === 0 ? parts.checks : parts.checks.filter((check) => chosen.has(check.id))
  return async (assignment, signal) => {
    const key = { cell: assignment.cell.id, arm: assignment.arm, attempt: assignment.attempt }
    const log = new AttemptLog(key, journal, parts.clock)
    const host = parts.hosts.find((entry) => entry.host.name === assignment.host)
    const os = host?.guests.get(assignment.cell.os)
    if (host === undefined || os === undefined)
      throw new AppError('BUG_PARTS', 'tool', `host ${assignment.host} has no os ${assignment.cell.os}`)
    const evidence = new AttemptEvidence({
      runFolder,
      key,
      masker,
      sync: !host.provider.capabilities.simulated,
      phase: () => log.phase,
      onSaved: (record) => log.evidence(record),
    })
    return await runCell({
      assignment,
      plan,
      run,
      parts,
      host,
      os,
      log,
      evidence,
      cleanup: new CleanupStack(),
      products: assignment.cell.products.map((id) => productOf(parts, id)),
      checks,
      secret,
      signal,
      keepFailed: options.keepFailed ?? false,
    })
  }
}

function productOf(parts: RunParts, id: string): ReturnType<RunParts['products']['get']> & object {
  const product = parts.products.get(id)
  if (product === undefined) throw new AppError('BUG_PARTS', 'tool', `product "${id}" was not loaded`)
  return product
}

function maskedLogger(log: Logger, masker: SecretMasker): Logger {
  return {
    log: (level, message, facts) =>
      log.log(level, masker.text(message), facts === undefined ? undefined : masker.json(facts)),
  }
}
