/** Places files in a Linux guest by one small script of ours that gets every path as an argument. */
import { readFile } from 'node:fs/promises'
import { assetPath } from '../../../kit/assets.ts'
import { oneLine } from '../../../kit/text.ts'
import type { Channel } from '../../../sdk/channel.ts'
import type { Context } from '../../../sdk/context.ts'
import type { FilePlacer, PlaceState } from '../shared/file-placer.ts'
import { InstallStepFailed } from '../shared/install-step-failed.ts'

/** On the persistent disk of every Linux; a copy in /tmp would not outlive a restart. */
const KEEP_FOLDER = '/var/lib/ringzero-kept'
/** Paths of one call; 50 × 1024 characters stay far below the kernel's limit for arguments. */
const BATCH = 50

const KINDS: readonly string[] = ['file', 'absent', 'folder', 'link', 'other'] satisfies PlaceState['kind'][]

/** @param keepFolder guest folder of kept copies, on a disk that survives a restart */
export function linuxPlacer(keepFolder = KEEP_FOLDER): FilePlacer {
  return {
    async look(paths, guest, ctx) {
      const states: PlaceState[] = []
      for (const batch of batches(paths)) {
        const lines = (await runScript('look', batch, guest, ctx)).trimEnd().split('\n')
        if (lines.length !== batch.length)
          throw new InstallStepFailed('the guest did not say what stands where')
        states.push(...lines.map(parseState))
      }
      return states
    },
    async keep(path, key, guest, ctx) {
      const kept = `${keepFolder}/${key}`
      await runScript('keep', [path, kept], guest, ctx)
      return kept
    },
    async place(placements, guest, ctx) {
      for (const batch of batches(placements)) {
        const words = batch.flatMap(({ from, to, mode, owner }) => [from, to, mode ?? '-', owner ?? '-'])
        await runScript('place', words, guest, ctx)
      }
    },
    async drop(files, guest, ctx) {
      for (const batch of batches(files)) {
        const words = batch.flatMap(({ path, folders }) => [path, String(folders)])
        await runScript('drop', words, guest, ctx)
      }
    },
    leftOver: (path) => `${path.slice(0, path.lastIndexOf('/'))}/.ringzero-new`,
  }
}

let scriptText: Promise<string> | undefined

async function runScript(
  verb: string,
  words: readonly string[],
  guest: Channel,
  ctx: Context,
): Promise<string> {
  scriptText ??= readFile(assetPath('plugins/installers/linux/placement.sh'), 'utf8')
  const result = await guest.exec(
    { program: '/bin/sh', arguments: ['-s', '--', verb, ...words], input: await scriptText },
    ctx,
  )
  if (result.exitCode !== 0) {
    const said = oneLine(result.stderr.toString('utf8'), 600)
    throw new InstallStepFailed(`files could not be handled (${verb}): ${said}`, 'failed', result.exitCode)
  }
  return result.stdout.toString('utf8')
}

function parseState(line: string): PlaceState {
  const [kind = '', mode = '', owner = '', size = '', missing = ''] = line.split(' ')
  const missingFolders = Number(missing)
  if (!KINDS.includes(kind) || !Number.isInteger(missingFolders)) {
    throw new InstallStepFailed(`the guest answered "${oneLine(line, 100)}" instead of a file's state`)
  }
  return {
    kind: kind as PlaceState['kind'],
    size: Number(size) || 0,
    missingFolders,
    ...(/^[0-7]{1,4}$/.test(mode) ? { mode: mode.padStart(4, '0') } : {}),
    ...(/^\d+:\d+$/.test(owner) ? { owner } : {}),
  }
}

function* batches<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < all.length; start += BATCH) yield all.slice(start, start + BATCH)
}
