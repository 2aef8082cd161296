/** Whether the process that builds a layer or checkpoint is still there, by the item's lock in the store. */
import { readFile, readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { ownerAlive } from '../kit/owned-file.ts'
import { itemLock } from './store.ts'

/**
 * The builder of the layer or checkpoint whose key begins with `start` (the cell of its machine's ref); unknown when no process of this
 * store holds or held its lock, which proves nothing. A kill in the middle of a build leaves the lock with a dead owner.
 */
export async function layerBuilder(store: string, start: string): Promise<'alive' | 'dead' | 'unknown'> {
  // The ref comes from a host and may hold anything.
  if (!/^[0-9a-f]{12}$/.test(start)) return 'unknown'
  const [layer, checkpoint] = [itemLock(store, 'layers', start), itemLock(store, 'checkpoints', start)]
  const folder = dirname(layer)
  const names = await readdir(folder).catch(() => [])
  const locks = names.filter(
    (name) =>
      (name.startsWith(basename(layer)) || name.startsWith(basename(checkpoint))) &&
      /^(?:layers|checkpoints)-[0-9a-f]{64}$/.test(name),
  )
  const texts = await Promise.all(locks.map((name) => readFile(join(folder, name), 'utf8').catch(() => '')))
  if ((await Promise.all(texts.map(ownerAlive))).includes(true)) return 'alive'
  return texts.some((text) => text !== '') ? 'dead' : 'unknown'
}
