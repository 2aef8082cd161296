/** The folder of built images, layers and modules: what is in it is whole, hashed, and never removed while somebody uses it. */
import { randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ownerAlive, thisOwner } from '../kit/owned-file.ts'

/** What a store keeps, each in a folder of its own. */
export type StoreShelf = 'images' | 'layers' | 'modules' | 'checkpoints'

export interface Pin {
  /** Gives the item free; idempotent. */
  release(): Promise<void>
}

/** Absolute folder of an item, whether or not it is there. */
export function itemFolder(store: string, shelf: StoreShelf, key: string): string {
  return join(store, shelf, key)
}

/** File that serialises the building of one item over all processes. */
export function itemLock(store: string, shelf: StoreShelf, key: string): string {
  return join(store, 'locks', `${shelf}-${key}`)
}

/** Says that this process uses an item, until released or until the process is gone. */
export async function pinItem(store: string, shelf: StoreShelf, key: string): Promise<Pin> {
  const owner = await thisOwner()
  const folder = join(store, 'pins', `${shelf}-${key}`)
  const file = join(folder, owner.token)
  await mkdir(folder, { recursive: true })
  await writeFile(file, JSON.stringify(owner))
  return { release: () => rm(file, { force: true }) }
}

/** Whether a living process uses the item; forgets the pins of dead ones. */
export async function isPinned(store: string, shelf: StoreShelf, key: string): Promise<boolean> {
  const folder = join(store, 'pins', `${shelf}-${key}`)
  let pinned = false
  for (const name of await readdir(folder).catch(() => [])) {
    const file = join(folder, name)
    if (await ownerAlive(await readFile(file, 'utf8').catch(() => ''))) pinned = true
    else await rm(file, { force: true })
  }
  return pinned
}

/**
 * Lets `build` fill a new folder and moves it to its place in one step. A build that fails or is killed leaves nothing
 * that could be taken for an item.
 */
export async function buildItem<T>(
  store: string,
  shelf: StoreShelf,
  key: string,
  build: (folder: string) => Promise<T>,
): Promise<T> {
  await sweepBuilding(store)
  const owner = await thisOwner()
  const building = join(store, 'building', `${shelf}-${key.slice(0, 12)}-${randomUUID().slice(0, 8)}`)
  await mkdir(dirname(building), { recursive: true })
  await writeFile(`${building}.owner`, JSON.stringify(owner))
  await mkdir(building)
  try {
    const result = await build(building)
    const target = itemFolder(store, shelf, key)
    await mkdir(dirname(target), { recursive: true })
    await rm(target, { recursive: true, force: true })
    await rename(building, target)
    return result
  } finally {
    await rm(building, { recursive: true, force: true })
    await rm(`${building}.owner`, { force: true })
  }
}

/** Removes half-built folders whose builders are gone. Returns their names. */
export async function sweepBuilding(store: string): Promise<readonly string[]> {
  const folder = join(store, 'building')
  const names = await readdir(folder).catch(() => [])
  const removed: string[] = []
  for (const name of names.filter((entry) => !entry.endsWith('.owner'))) {
    if (await ownerAlive(await readFile(join(folder, `${name}.owner`), 'utf8').catch(() => ''))) continue
    await rm(join(folder, name), { recursive: true, force: true })
    await rm(join(folder, `${name}.owner`), { force: true })
    removed.push(name)
  }
  return removed
}

/** Keys of the items on a shelf. */
export async function listItems(store: string, shelf: StoreShelf): Promise<readonly string[]> {
  const names = await readdir(join(store, shelf)).catch(() => [])
  return names.filter((name) => /^[0-9a-f]{64}$/.test(name)).toSorted()
}

/** Takes an item off its shelf. The caller holds its lock and saw that no run pins it. */
export async function removeItem(store: string, shelf: StoreShelf, key: string): Promise<void> {
  const grave = join(store, 'building', `removed-${randomUUID().slice(0, 8)}`)
  await mkdir(dirname(grave), { recursive: true })
  await rename(itemFolder(store, shelf, key), grave)
  await rm(grave, { recursive: true, force: true })
}
