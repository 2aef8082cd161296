/** What stood where a recipe places files, and how it gets back there: in the guest, or on the disk of a dead one. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { AppError } from '../../../model/errors.ts'
import type { Recipe } from '../../../model/recipe.ts'
import type { Context } from '../../../sdk/context.ts'
import type { Artifact, Target, UndoRecord } from '../../../sdk/installer.ts'
import type { FilePlacer, Placement, PlaceState } from './file-placer.ts'
import { InstallStepFailed } from './install-step-failed.ts'

type PlacedFile = NonNullable<NonNullable<Recipe['install']>['place']>[number]

const PreviousSchema = z.object({
  path: z.string(),
  existed: z.boolean(),
  mode: z.string().optional(),
  owner: z.string().optional(),
  /** base64 of what stood there, up to the inline limits. */
  content: z.string().optional(),
  /** Guest path of a kept copy of what was larger. */
  kept: z.string().optional(),
  /** Parent folders that did not exist. */
  folders: z.int(),
  leftOver: z.string(),
})
type Previous = z.output<typeof PreviousSchema>

const PlacedUndoSchema = z.object({ placed: z.array(PreviousSchema) })
export type PlacedUndo = z.output<typeof PlacedUndoSchema>

/** A record as it came back from the journal. @throws AppError UNDO_UNREADABLE (tool), also when nothing was remembered */
export function readUndo(record: UndoRecord): PlacedUndo {
  const parsed = PlacedUndoSchema.safeParse(record)
  if (parsed.success) return parsed.data
  throw new AppError('UNDO_UNREADABLE', 'tool', 'it was not recorded what stood there before')
}

const INLINE_FILE_BYTES = 1024 * 1024
/** The record goes into the journal: many small files together stay bounded, too. */
const INLINE_ALL_BYTES = 8 * 1024 * 1024

/** Remembers what stands at every place of the recipe. @throws InstallStepFailed when something that is no file stands there */
export async function rememberPlaces(
  artifact: Artifact,
  placer: FilePlacer,
  target: Target,
  ctx: Context,
): Promise<PlacedUndo> {
  const places = artifact.recipe.install?.place ?? []
  if (places.length === 0) return { placed: [] }
  const paths = places.map((place) => place.to)
  const states = await placer.look(paths, target.guest, ctx)
  const placed: Previous[] = []
  let budget = INLINE_ALL_BYTES
  for (const [index, path] of paths.entries()) {
    const state = states[index]
    if (state === undefined) throw new InstallStepFailed(`the guest did not say what stands at ${path}`)
    if (state.kind !== 'file' && state.kind !== 'absent') {
      throw new InstallStepFailed(`${path} is a ${state.kind}, not a file, in this guest`)
    }
    const inline = state.size <= Math.min(INLINE_FILE_BYTES, budget)
    if (inline) budget -= state.size
    placed.push(await rememberPlace(path, state, inline, `${artifact.id}-${index}`, placer, target, ctx))
  }
  return { placed }
}

async function rememberPlace(
  path: string,
  state: PlaceState,
  inline: boolean,
  key: string,
  placer: FilePlacer,
  target: Target,
  ctx: Context,
): Promise<Previous> {
  const shape = {
    path,
    existed: state.kind === 'file',
    folders: state.missingFolders,
    leftOver: placer.leftOver(path),
    ...(state.mode === undefined ? {} : { mode: state.mode }),
    ...(state.owner === undefined ? {} : { owner: state.owner }),
  }
  if (!shape.existed) return shape
  if (!inline) return { ...shape, kept: await placer.keep(path, key, target.guest, ctx) }
  return { ...shape, content: (await pullBytes(path, target, ctx)).toString('base64') }
}

/** Puts every file of the recipe in place; modes and owners of files that stood there are kept. */
export async function placeFiles(
  places: readonly PlacedFile[],
  from: (file: string) => string,
  undo: PlacedUndo,
  placer: FilePlacer,
  target: Target,
  ctx: Context,
): Promise<void> {
  const placements = places.map(({ file, to, mode }, index): Placement => {
    const previous = undo.placed[index]
    const wanted = mode ?? previous?.mode ?? '0644'
    return {
      from: from(file),
      to,
      mode: wanted,
      ...(previous?.owner === undefined ? {} : { owner: previous.owner }),
    }
  })
  if (placements.length > 0) await placer.place(placements, target.guest, ctx)
}

/** Puts back what `rememberPlaces` saw: content, mode and owner; files and folders that were not there are removed. */
export async function restorePlaces(
  undo: PlacedUndo,
  placer: FilePlacer,
  target: Target,
  ctx: Context,
): Promise<void> {
  const { guest, os } = target
  const existed = undo.placed.filter((previous) => previous.existed)
  if (existed.length > 0) {
    const folder = await os.transferFolder(guest, ctx)
    const placements: Placement[] = []
    for (const [index, previous] of existed.entries()) {
      const from = previous.kept ?? os.joinPath(folder, String(index))
      if (previous.content !== undefined) await pushBytes(previous.content, from, target, ctx)
      const { path: to, mode, owner } = previous
      placements.push({
        from,
        to,
        ...(mode === undefined ? {} : { mode }),
        ...(owner === undefined ? {} : { owner }),
      })
    }
    await placer.place(placements, guest, ctx)
    await os.removePath(folder, guest, ctx)
  }
  const gone = [
    ...undo.placed.filter((previous) => !previous.existed),
    ...existed.flatMap((previous) =>
      previous.kept === undefined ? [] : [{ path: previous.kept, folders: 1 }],
    ),
  ]
  if (gone.length > 0) await placer.drop(gone, guest, ctx)
}

/**
 * The same as file changes for the disk of a machine that is off.
 * @throws AppError UNDO_NOT_OFFLINE (host) when a previous content is only kept inside the guest, UNDO_UNREADABLE (tool)
 */
export function offlineChanges(
  record: UndoRecord,
): readonly { readonly path: string; readonly content: Buffer | undefined; readonly mode?: number }[] {
  const { placed } = readUndo(record)
  return placed.flatMap((previous) => {
    if (previous.kept !== undefined) {
      throw new AppError(
        'UNDO_NOT_OFFLINE',
        'host',
        `${previous.path} was larger than 1 MiB: its earlier content is only kept inside the guest`,
      )
    }
    const content = previous.content === undefined ? undefined : Buffer.from(previous.content, 'base64')
    const mode = previous.mode === undefined ? {} : { mode: Number.parseInt(previous.mode, 8) }
    return [
      { path: previous.path, content, ...mode },
      { path: previous.leftOver, content: undefined },
    ]
  })
}

async function pullBytes(path: string, target: Target, ctx: Context): Promise<Buffer> {
  return withTemporaryFile(async (local) => {
    const { truncated } = await target.guest.pull(path, local, ctx, INLINE_FILE_BYTES)
    if (truncated) throw new InstallStepFailed(`${path} grew while it was kept`)
    return readFile(local)
  })
}

async function pushBytes(content: string, path: string, target: Target, ctx: Context): Promise<void> {
  await withTemporaryFile(async (local) => {
    await writeFile(local, Buffer.from(content, 'base64'))
    await target.guest.push(local, path, ctx)
  })
}

async function withTemporaryFile<T>(work: (path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'ringzero-'))
  try {
    return await work(join(folder, 'file'))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
