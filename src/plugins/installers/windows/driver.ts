/** Driver packages (INF) by pnputil, and the exact way back: only packages that were not in the driver store before. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { sameVersion } from '../../../kit/version.ts'
import { AppError } from '../../../model/errors.ts'
import type { FactOf } from '../../../model/observation.ts'
import type { Context } from '../../../sdk/context.ts'
import type { Artifact, Installer, InstallFactOf, Target, UndoRecord } from '../../../sdk/installer.ts'
import { offlineChanges } from '../shared/placed-files.ts'
import { recipeInstaller } from '../shared/recipe-installer.ts'
import { runCommand } from '../shared/run-command.ts'
import { verifyDevices } from './driver-devices.ts'
import { exitCodesOf, explainExitCode } from './exit-codes.ts'
import { parseInf } from './inf.ts'
import { guestFile, mainFileOf, windowsOf, windowsRecipeInstaller } from './recipe.ts'
import { windowsPlacer } from './placer.ts'

const PNPUTIL = 'C:\\Windows\\System32\\pnputil.exe'
const DRIVERS = 'C:\\Windows\\System32\\drivers'

const UndoSchema = z.looseObject({
  /** Published names that were in the store before. */
  packagesBefore: z.array(z.string()),
  /** Paths under System32\drivers where nothing stood before and the package may put a file. */
  driverFiles: z.array(z.string()),
})

const base = windowsRecipeInstaller({
  kinds: ['driver'],
  tool: 'pnputil',
  async commands(artifact) {
    const inf = guestFile(mainFileOf(artifact, '.inf'))
    return { install: [{ program: PNPUTIL, arguments: ['/add-driver', inf, '/install'] }], rollback: [] }
  },
})

export const windowsDriverInstaller: Installer = {
  ...base,
  async apply(artifact, target, ctx) {
    const memory = await rememberStore(artifact, target, ctx)
    const { remember } = target
    const applied = await base.apply(
      artifact,
      remember === undefined ? target : { ...target, remember: (undo) => remember({ ...undo, ...memory }) },
      ctx,
    )
    return { ...applied, undo: { ...applied.undo, ...memory } }
  },
  async verify(artifact, target, ctx) {
    return [...(await base.verify(artifact, target, ctx)), ...(await verifyStore(artifact, target, ctx))]
  },
  remove: removeDriver,
  /**
   * Takes away the driver files that were not there before: Windows then starts without them. It cannot undo a driver
   * that runs from the driver store, nor entries of the registry (class filters); the ladder says if it brought the machine back.
   */
  offlineUndo(artifact, undo) {
    const parsed = UndoSchema.safeParse(undo)
    if (!parsed.success) return []
    const placed = artifact.recipe.rollback?.restorePlaced === false ? [] : offlineChanges(undo)
    return [...placed, ...parsed.data.driverFiles.map((path) => ({ path, content: undefined }))]
  },
}

async function rememberStore(artifact: Artifact, target: Target, ctx: Context): Promise<UndoRecord> {
  const { guest, os } = target
  const packages = await windowsOf(target).driverPackages(guest, ctx)
  const candidates = artifact.files
    .map(({ path }) => path.split(/[\\/]/).at(-1) ?? path)
    .filter((name) => /\.sys$/i.test(name))
    .map((name) => `${DRIVERS}\\${name}`)
  const there = candidates.length === 0 ? new Map() : (await os.files(candidates, guest, ctx)).files
  return {
    packagesBefore: packages.map(({ published }) => published),
    driverFiles: candidates.filter((path) => !there.has(path)),
  }
}

async function verifyStore(
  artifact: Artifact,
  target: Target,
  ctx: Context,
): Promise<readonly FactOf<'expectation'>[]> {
  if ((artifact.recipe.install?.run ?? []).length > 0) return []
  const path = mainFileOf(artifact, '.inf')
  const original = path.split(/[\\/]/).at(-1) ?? path
  const { build } = await target.os.boot(target.guest, ctx)
  const inf = parseInf(await readFile(join(artifact.folder, path)), Number(build.split('.')[0]))
  // An older package of the same name may have been there before.
  const found = (await windowsOf(target).driverPackages(target.guest, ctx)).filter(
    (entry) =>
      sameName(entry.original, original) &&
      (inf.version === undefined || sameVersion(entry.version, inf.version)),
  )
  const [first] = found
  const stored: FactOf<'expectation'> = {
    kind: 'expectation',
    subject: `installed:driver-package:${original}`.slice(0, 480),
    expected: `${inf.version === undefined ? '' : `version ${inf.version} is `}in the driver store`.slice(
      0,
      1900,
    ),
    seen: first === undefined ? 'not in the driver store' : `${first.published}, version ${first.version}`,
    holds: first !== undefined,
    symptom: 'update-not-applied',
    severity: 'fail',
  }
  if (first === undefined) return [stored]
  const packages = found.map(({ published }) => published)
  return [stored, ...(await verifyDevices(original, inf, packages, target, ctx))]
}

async function removeDriver(
  artifact: Artifact,
  undo: UndoRecord,
  target: Target,
  ctx: Context,
): Promise<{ fact: InstallFactOf; restartDue: boolean }> {
  const own = artifact.recipe.rollback?.run ?? []
  const parsed = UndoSchema.safeParse(undo)
  if (!parsed.success)
    throw new AppError('UNDO_UNREADABLE', 'tool', `the undo record of ${artifact.id} cannot be read`)
  const added = own.length > 0 ? [] : await addedPackages(artifact, parsed.data.packagesBefore, target, ctx)
  let restartDue = false
  for (const published of added) {
    const command = { program: PNPUTIL, arguments: ['/delete-driver', published, '/uninstall', '/force'] }
    const result = await runCommand(command, target, ctx, { exitCodes: exitCodesOf('pnputil') })
    restartDue ||= result.outcome === 'reboot'
    if (result.outcome !== 'ok' && result.outcome !== 'reboot') {
      const code = result.exitCode === undefined ? {} : { exitCode: result.exitCode >>> 0 }
      const why = result.exitCode === undefined ? '' : `${explainExitCode('pnputil', result.exitCode)}; `
      const { outcome } = result
      const detail = `${why}${result.detail}`.slice(0, 3990)
      return { fact: { kind: 'install', step: 'remove', outcome, detail, ...code }, restartDue: false }
    }
  }
  // What the packages were installed by is undone; placed files and own commands are the recipe's.
  const { install, ...recipe } = artifact.recipe
  const rest = own.length > 0 ? artifact.recipe : { ...recipe, install: { ...install, run: [] } }
  const placer = windowsPlacer(windowsOf(target))
  const removed = await recipeInstaller({ kinds: ['driver'], os: ['windows'], placer }).remove(
    { ...artifact, recipe: rest },
    undo,
    target,
    ctx,
  )
  const detail = `${added.length} driver packages removed; ${removed.fact.detail}`.slice(0, 3990)
  const outcome = restartDue && removed.fact.outcome === 'ok' ? 'reboot' : removed.fact.outcome
  return { fact: { ...removed.fact, outcome, detail }, restartDue: restartDue || removed.restartDue }
}

async function addedPackages(
  artifact: Artifact,
  before: readonly string[],
  target: Target,
  ctx: Context,
): Promise<readonly string[]> {
  const names = artifact.files.map(({ path }) => path.split(/[\\/]/).at(-1) ?? path)
  return (await windowsOf(target).driverPackages(target.guest, ctx))
    .filter(
      (entry) => names.some((name) => sameName(entry.original, name)) && !before.includes(entry.published),
    )
    .map(({ published }) => published)
    .filter((published) => /^oem\d{1,6}\.inf$/i.test(published))
}

function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}
