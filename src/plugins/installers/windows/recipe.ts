/** What the installers of Windows have in common: a kind's own commands where the recipe names none, its exit codes, its proofs. */
import { AppError } from '../../../model/errors.ts'
import type { GuestCommand } from '../../../model/command.ts'
import type { FactOf } from '../../../model/observation.ts'
import type { Context } from '../../../sdk/context.ts'
import type { Artifact, Installer, InstallFactOf, Target } from '../../../sdk/installer.ts'
import type { WindowsGuest } from '../../../sdk/windows-guest.ts'
import { recipeInstaller } from '../shared/recipe-installer.ts'
import { joinExitCodes, runCommand } from '../shared/run-command.ts'
import { verifyRecipe } from '../shared/verify-recipe.ts'
import { verifyWindows } from './verify-windows.ts'
import { exitCodesOf, explainExitCode, type WindowsTool } from './exit-codes.ts'
import { windowsPlacer } from './placer.ts'

export interface WindowsCommands {
  readonly install: readonly GuestCommand[]
  readonly rollback: readonly GuestCommand[]
}

export interface WindowsKind {
  readonly kinds: readonly string[]
  readonly tool?: WindowsTool
  /** Commands of this kind; asked only where the recipe has none of its own. @throws AppError RECIPE_INCOMPLETE (user) */
  readonly commands?: (artifact: Artifact, target: Target, ctx: Context) => Promise<WindowsCommands>
}

/** The Windows facet of the guest OS. @throws AppError GUEST_OS (tool) when the guest is no Windows */
export function windowsOf(target: Target): WindowsGuest {
  if (target.os.windows !== undefined) return target.os.windows
  throw new AppError('GUEST_OS', 'tool', `a guest of os ${target.os.name} is no Windows`)
}

/** An installer that completes the recipe with the kind's commands and then does what the recipe says. */
export function windowsRecipeInstaller(kind: WindowsKind): Installer {
  const base = (target: Target): Installer =>
    recipeInstaller({ kinds: kind.kinds, os: ['windows'], placer: windowsPlacer(windowsOf(target)) })
  return {
    kinds: kind.kinds,
    os: ['windows'],
    async apply(artifact, target, ctx) {
      const complete = await completeArtifact(kind, artifact, target, ctx)
      const applied = await base(target).apply(complete, target, ctx)
      return { ...applied, fact: explainFact(kind.tool, applied.fact) }
    },
    async verify(artifact, target, ctx): Promise<readonly FactOf<'expectation'>[]> {
      const windows = await verifyWindows(artifact, windowsOf(target), target, ctx)
      return [...(await verifyRecipe(artifact, target, ctx)), ...windows]
    },
    async remove(artifact, undo, target, ctx) {
      const complete = await completeArtifact(kind, artifact, target, ctx)
      const removed = await base(target).remove(complete, undo, target, ctx)
      return { ...removed, fact: explainFact(kind.tool, removed.fact) }
    },
    async stimulate(commands, target, ctx) {
      const facts: InstallFactOf[] = []
      for (const command of commands) {
        const { outcome, exitCode, detail } = await runCommand(command, target, ctx)
        const code = exitCode === undefined ? {} : { exitCode }
        facts.push({ kind: 'install', step: 'stimulus', outcome, detail, ...code })
      }
      return facts
    },
  }
}

async function completeArtifact(
  kind: WindowsKind,
  artifact: Artifact,
  target: Target,
  ctx: Context,
): Promise<Artifact> {
  const { recipe } = artifact
  const install = recipe.install ?? {}
  const ownRun = install.run ?? []
  const own = ownRun.length > 0 || kind.commands === undefined
  if (own && ownRun.length === 0 && (install.place ?? []).length === 0)
    throw new AppError(
      'RECIPE_INCOMPLETE',
      'user',
      `${artifact.id} (${artifact.kind}) says nothing to install`,
      {
        hint: 'add recipes.windows.install.run with the program and its silent arguments, or install.place',
      },
    )
  const commands = own ? { install: ownRun, rollback: [] } : await kind.commands?.(artifact, target, ctx)
  const rollbackRun = recipe.rollback?.run ?? []
  return {
    ...artifact,
    recipe: {
      ...recipe,
      install: {
        ...install,
        run: [...(commands?.install ?? [])],
        reboot: install.reboot ?? 'detect',
        exitCodes: joinExitCodes(foreseen(kind.tool), install.exitCodes ?? {}),
      },
      rollback: {
        ...recipe.rollback,
        run: rollbackRun.length > 0 ? rollbackRun : [...(commands?.rollback ?? [])],
      },
    },
  }
}

type ExitCodes = NonNullable<NonNullable<Artifact['recipe']['install']>['exitCodes']>

function foreseen(tool: WindowsTool | undefined): ExitCodes {
  return tool === undefined ? { '1618': 'retry', '1641': 'reboot' } : (exitCodesOf(tool) as ExitCodes)
}

function explainFact(tool: WindowsTool | undefined, fact: InstallFactOf): InstallFactOf {
  if (tool === undefined || fact.exitCode === undefined) return fact
  const exitCode = fact.exitCode >>> 0
  return { ...fact, exitCode, detail: `${explainExitCode(tool, exitCode)}; ${fact.detail}`.slice(0, 3990) }
}

/** The file that the kind's own command installs: `main`, else the only one with this ending. @throws AppError RECIPE_INCOMPLETE */
export function mainFileOf(artifact: Artifact, ending: string): string {
  if (artifact.main !== undefined) return artifact.main
  const fitting = artifact.files.filter(({ path }) => path.toLowerCase().endsWith(ending))
  const [only] = fitting
  if (only !== undefined && fitting.length === 1) return only.path
  throw new AppError(
    'RECIPE_INCOMPLETE',
    'user',
    `${artifact.id} holds ${fitting.length} ${ending} files: which one is installed is not clear`,
    { hint: 'name it as "main"' },
  )
}

/** `${files}\sub\x.msi`: where a file of the artifact stands in the guest while it is installed. */
export function guestFile(path: string): string {
  return `\${files}\\${path.replaceAll('/', '\\')}`
}
