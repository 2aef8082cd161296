/** Is it really there, now? Looks at files by hash, at services and at what the recipe's own commands say. */
import { bounded } from '../../../kit/text.ts'
import { sameGuestName } from '../../../model/guest-name.ts'
import type { FactOf } from '../../../model/observation.ts'
import type { Context } from '../../../sdk/context.ts'
import type { ServiceFact } from '../../../sdk/guest-os.ts'
import type { Artifact, Target } from '../../../sdk/installer.ts'
import { fileAt } from './file-at.ts'
import { runCommand } from './run-command.ts'

type Expectation = FactOf<'expectation'>

const PATIENCE_MS = 15_000
const PAUSE_MS = 500

/**
 * One expectation for each file, service and command of `verify`; without `verify.files`, for each placed file.
 * An exit code of 0 proves nothing: what counts is what stands in the guest afterwards.
 */
export async function verifyRecipe(
  artifact: Artifact,
  target: Target,
  ctx: Context,
): Promise<readonly Expectation[]> {
  return [
    ...(await verifyFiles(artifact, target, ctx)),
    ...(await verifyServices(artifact, target, ctx)),
    ...(await verifyCommands(artifact, target, ctx)),
  ]
}

async function verifyFiles(artifact: Artifact, target: Target, ctx: Context): Promise<Expectation[]> {
  const { verify, install } = artifact.recipe
  const wanted =
    verify?.files ?? (install?.place ?? []).map((place) => ({ path: place.to, file: place.file }))
  if (wanted.length === 0) return []
  const { files } = await target.os.files(
    wanted.map((entry) => entry.path),
    target.guest,
    ctx,
    wanted.length,
  )
  const isPlaced = (path: string): boolean =>
    (install?.place ?? []).some(({ to }) => sameGuestName(to, path, target.os.name))
  return wanted.map((entry) => {
    const pinned = artifact.files.find((file) => file.path === entry.file)?.sha256
    const seen = fileAt(files, entry.path, target.os.name)?.sha256
    return expectation(
      // What the recipe puts there itself says nothing of an installer that it runs.
      `installed:${isPlaced(entry.path) ? 'placed-file' : 'file'}:${entry.path}`,
      pinned === undefined ? 'is there' : `sha256 ${pinned}`,
      seen === undefined ? 'is not there' : pinned === undefined ? 'is there' : `sha256 ${seen}`,
      seen !== undefined && (pinned === undefined || seen === pinned),
    )
  })
}

async function verifyServices(artifact: Artifact, target: Target, ctx: Context): Promise<Expectation[]> {
  const wanted = artifact.recipe.verify?.services ?? []
  if (wanted.length === 0) return []
  const found = await settledServices(wanted, target, ctx)
  return wanted.map((name) => {
    const state =
      found.find((service) => sameGuestName(service.name, name, target.os.name))?.state ??
      'unknown to the guest'
    return expectation(`installed:service:${name}`, 'running', state, state === 'running')
  })
}

/** A service that the installation has just restarted may still be starting. */
async function settledServices(
  wanted: readonly string[],
  target: Target,
  ctx: Context,
): Promise<readonly ServiceFact[]> {
  const until = Math.min(ctx.clock.now() + PATIENCE_MS, ctx.deadline - PAUSE_MS)
  for (;;) {
    const found = await target.os.services(target.guest, ctx)
    const starting = found.some(
      ({ name, state }) =>
        state === 'starting' && wanted.some((other) => sameGuestName(name, other, target.os.name)),
    )
    if (!starting || ctx.clock.now() + PAUSE_MS > until) return found
    await ctx.clock.sleep(PAUSE_MS, ctx.signal)
  }
}

async function verifyCommands(artifact: Artifact, target: Target, ctx: Context): Promise<Expectation[]> {
  const found: Expectation[] = []
  for (const [index, command] of (artifact.recipe.verify?.run ?? []).entries()) {
    const result = await runCommand(command, target, ctx)
    const name = bounded(command.program, 200)
    found.push(
      expectation(
        `installed:command:${index + 1}:${name}`,
        'ends with 0',
        result.detail,
        result.exitCode === 0,
      ),
    )
  }
  return found
}

function expectation(subject: string, expected: string, seen: string, holds: boolean): Expectation {
  return {
    kind: 'expectation',
    subject: bounded(subject, 480),
    expected: bounded(expected, 1900),
    seen: bounded(seen, 3900),
    holds,
    symptom: 'update-not-applied',
    severity: 'fail',
  }
}
