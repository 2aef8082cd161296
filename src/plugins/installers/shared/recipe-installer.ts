/** Carries out a recipe: files into the guest, placed, commands run, services restarted; and the exact way back. */
import { bounded } from '../../../kit/text.ts'
import type { OsName } from '../../../model/recipe.ts'
import type { Context } from '../../../sdk/context.ts'
import type { Artifact, Installer, InstallFactOf, Target, UndoRecord } from '../../../sdk/installer.ts'
import type { FilePlacer } from './file-placer.ts'
import { InstallStepFailed } from './install-step-failed.ts'
import { offlineChanges, placeFiles, readUndo, rememberPlaces, restorePlaces } from './placed-files.ts'
import { needsFiles, runCommand } from './run-command.ts'
import { explainLostFiles, transferFiles, transferredPath } from './transfer-files.ts'
import { verifyRecipe } from './verify-recipe.ts'

type GuestCommands = NonNullable<NonNullable<Artifact['recipe']['install']>['run']>

/** An installer that does what the recipe says and nothing else. */
export function recipeInstaller(options: {
  readonly kinds: readonly string[]
  readonly os: readonly OsName[]
  readonly placer: FilePlacer
}): Installer {
  const { kinds, os, placer } = options
  return {
    kinds,
    os,
    apply: (artifact, target, ctx) => apply(artifact, placer, target, ctx),
    resume: (artifact, undo, target, ctx) => resume(artifact, undo, target, ctx),
    verify: verifyRecipe,
    remove: (artifact, undo, target, ctx) => remove(artifact, undo, placer, target, ctx),
    offlineUndo: (artifact, undo) => undoOffline(artifact, undo),
    stimulate: async (commands, target, ctx) => {
      const facts: InstallFactOf[] = []
      for (const command of commands) {
        const { outcome, exitCode, detail } = await runCommand(command, target, ctx)
        facts.push(toFact('stimulus', outcome, detail, exitCode))
      }
      return facts
    },
  }
}

async function apply(
  artifact: Artifact,
  placer: FilePlacer,
  target: Target,
  ctx: Context,
): Promise<{ fact: InstallFactOf; restartDue: boolean; undo: UndoRecord }> {
  const install = artifact.recipe.install ?? {}
  let undo: UndoRecord = { placed: [] }
  const before = install.reboot === 'detect' ? await pendingRestart(target, ctx) : []
  const folder = await target.os.transferFolder(target.guest, ctx)
  try {
    await transferFiles(artifact, folder, target, ctx)
    const remembered = await rememberPlaces(artifact, placer, target, ctx)
    undo = remembered
    await target.remember?.(undo)
    const from = (file: string): string => transferredPath(folder, file, target)
    await placeFiles(install.place ?? [], from, remembered, placer, target, ctx).catch(
      async (error: unknown) => {
        if (!(error instanceof InstallStepFailed)) throw error
        throw (await explainLostFiles(artifact, folder, target, ctx)) ?? error
      },
    )
    const begun = async (command: number): Promise<void> =>
      target.remember?.({ ...remembered, folder, command })
    const last = await runAll(install.run ?? [], folder, artifact, target, ctx, begun)
    await restartAll(install.restartServices ?? [], target, ctx)
    await target.os.removePath(folder, target.guest, ctx)
    const pending = install.reboot === 'detect' ? await pendingRestart(target, ctx) : []
    const restartDue =
      install.reboot === 'always' || last.rebootAsked || pending.some((reason) => !before.includes(reason))
    const placed = `${install.place?.length ?? 0} files placed`
    const detail = last.detail === '' ? placed : `${placed}; ${last.detail}`
    return { fact: toFact('apply', restartDue ? 'reboot' : 'ok', detail, last.exitCode), restartDue, undo }
  } catch (error) {
    if (!(error instanceof InstallStepFailed)) throw error
    await target.os.removePath(folder, target.guest, ctx)
    return { fact: error.toFact('apply'), restartDue: false, undo }
  }
}

/** After a restart that a command made itself: what follows that command. Its own exit code was not seen. */
async function resume(
  artifact: Artifact,
  undo: UndoRecord,
  target: Target,
  ctx: Context,
): Promise<{ fact: InstallFactOf; restartDue: boolean; undo: UndoRecord }> {
  const install = artifact.recipe.install ?? {}
  const { folder, command, ...places } = undo
  if (typeof folder !== 'string' || typeof command !== 'number')
    return {
      fact: toFact('apply', 'failed', 'the machine restarted before any command ran', undefined),
      restartDue: false,
      undo,
    }
  try {
    const left = (install.run ?? []).slice(command + 1)
    const begun = async (index: number): Promise<void> =>
      target.remember?.({ ...undo, command: command + 1 + index })
    const last = await runAll(left, folder, artifact, target, ctx, begun)
    await restartAll(install.restartServices ?? [], target, ctx)
    await target.os.removePath(folder, target.guest, ctx)
    const detail = `command ${command + 1} restarted the machine, as its recipe allows; ${left.length} more ran after it`
    const outcome = last.rebootAsked ? 'reboot' : 'ok'
    return {
      fact: toFact('apply', outcome, detail, last.exitCode),
      restartDue: last.rebootAsked,
      undo: places,
    }
  } catch (error) {
    if (!(error instanceof InstallStepFailed)) throw error
    await target.os.removePath(folder, target.guest, ctx)
    return { fact: error.toFact('apply'), restartDue: false, undo: places }
  }
}

async function remove(
  artifact: Artifact,
  undo: UndoRecord,
  placer: FilePlacer,
  target: Target,
  ctx: Context,
): Promise<{ fact: InstallFactOf; restartDue: boolean }> {
  const { install, rollback } = artifact.recipe
  // An installation that stopped before its first change has nothing to put back, and no record says so.
  const places = Object.keys(undo).length === 0 ? { placed: [] } : readUndo(undo)
  try {
    if ((install?.run ?? []).length > 0 && (rollback?.run ?? []).length === 0) {
      throw new InstallStepFailed('the recipe runs commands but has no rollback.run that undoes them')
    }
    const commands = rollback?.run ?? []
    const folder = needsFiles(commands) ? await target.os.transferFolder(target.guest, ctx) : undefined
    if (folder !== undefined) await transferFiles(artifact, folder, target, ctx)
    const last = await runAll(commands, folder, artifact, target, ctx)
    if (folder !== undefined) await target.os.removePath(folder, target.guest, ctx)
    if (rollback?.restorePlaced !== false) await restorePlaces(places, placer, target, ctx)
    await restartAll(rollback?.restartServices ?? install?.restartServices ?? [], target, ctx)
    const detail = `${places.placed.length} places restored${last.detail === '' ? '' : `; ${last.detail}`}`
    const restartDue = last.rebootAsked || install?.reboot === 'always'
    return { fact: toFact('remove', restartDue ? 'reboot' : 'ok', detail, last.exitCode), restartDue }
  } catch (error) {
    if (!(error instanceof InstallStepFailed)) throw error
    return { fact: error.toFact('remove'), restartDue: false }
  }
}

function undoOffline(
  artifact: Artifact,
  undo: UndoRecord,
): ReturnType<NonNullable<Installer['offlineUndo']>> {
  if (artifact.recipe.rollback?.restorePlaced === false) return []
  return offlineChanges(undo)
}

/** Runs commands in order and stops at the first that failed. */
async function runAll(
  commands: GuestCommands,
  folder: string | undefined,
  artifact: Artifact,
  target: Target,
  ctx: Context,
  begun: (command: number) => Promise<void> = async () => undefined,
): Promise<{ rebootAsked: boolean; detail: string; exitCode?: number }> {
  let rebootAsked = false
  let last: { detail: string; exitCode?: number } = { detail: '' }
  for (const [index, command] of commands.entries()) {
    await begun(index)
    const result = await runCommand(command, target, ctx, {
      ...(folder === undefined ? {} : { files: folder }),
      exitCodes: artifact.recipe.install?.exitCodes ?? {},
    })
    if (result.outcome !== 'ok' && result.outcome !== 'reboot') {
      throw new InstallStepFailed(result.detail, result.outcome, result.exitCode)
    }
    rebootAsked ||= result.outcome === 'reboot'
    last = result
  }
  return { ...last, rebootAsked }
}

async function restartAll(names: readonly string[], target: Target, ctx: Context): Promise<void> {
  for (const name of names) {
    const { ok, detail } = await target.os.restartService(name, target.guest, ctx)
    if (!ok) throw new InstallStepFailed(`service ${name} did not restart: ${detail}`)
  }
}

async function pendingRestart(target: Target, ctx: Context): Promise<readonly string[]> {
  return (await target.os.boot(target.guest, ctx)).pendingRestart
}

function toFact(
  step: InstallFactOf['step'],
  outcome: InstallFactOf['outcome'],
  detail: string,
  exitCode: number | undefined,
): InstallFactOf {
  return {
    kind: 'install',
    step,
    outcome,
    detail: bounded(detail, 3900),
    ...(exitCode === undefined ? {} : { exitCode }),
  }
}
