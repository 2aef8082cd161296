import { existsSync, mkdtempSync, rmSync, writeFileSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/kit/clock.ts'
import { withFileLock } from '../../src/lab/file-lock.ts'
import { removeUnpinned } from '../../src/lab/image-store.ts'
import {
  buildItem,
  isPinned,
  itemFolder,
  itemLock,
  listItems,
  pinItem,
  sweepBuilding,
} from '../../src/lab/store.ts'
import type { Context } from '../../src/sdk/context.ts'

const KEY = 'b'.repeat(64)
/** No process has this id together with this start time. */
const DEAD = JSON.stringify({ pid: 1, identity: '1@another-boot', token: 'x' })

let store: string
beforeEach(() => {
  store = mkdtempSync(join(tmpdir(), 'ringzero-store-'))
})
afterEach(() => rmSync(store, { recursive: true, force: true }))

function context(milliseconds = 20_000): Context {
  const log = { log: () => undefined }
  return {
    signal: new AbortController().signal,
    deadline: systemClock.now() + milliseconds,
    clock: systemClock,
    log,
  }
}

describe('a lock', () => {
  it('lets one at a time through', async () => {
    let inside = 0
    let most = 0
    const work = async (): Promise<void> => {
      inside += 1
      most = Math.max(most, inside)
      await systemClock.sleep(20)
      inside -= 1
    }
    const path = itemLock(store, 'layers', KEY)
    await Promise.all([1, 2, 3].map(() => withFileLock(path, context(), work)))
    expect(most).toBe(1)
    expect(existsSync(path)).toBe(false)
  })

  it('is taken over from a process that is gone', async () => {
    const path = itemLock(store, 'layers', KEY)
    mkdirSync(join(store, 'locks'))
    writeFileSync(path, DEAD)
    expect(await withFileLock(path, context(), () => Promise.resolve('mine'))).toBe('mine')
  })

  it('is not taken from a living process before the deadline', async () => {
    const path = itemLock(store, 'layers', KEY)
    await withFileLock(path, context(), async () => {
      await expect(withFileLock(path, context(300), () => Promise.resolve())).rejects.toThrow(
        /before its deadline/,
      )
    })
  })
})

describe('the store', () => {
  it('shows an item only when it was built whole', async () => {
    await expect(
      buildItem(store, 'images', KEY, (folder) => {
        writeFileSync(join(folder, 'half'), '')
        expect(existsSync(itemFolder(store, 'images', KEY))).toBe(false)
        return Promise.reject(new Error('killed'))
      }),
    ).rejects.toThrow('killed')
    expect(await listItems(store, 'images')).toEqual([])
    await buildItem(store, 'images', KEY, (folder) =>
      Promise.resolve(writeFileSync(join(folder, 'whole'), '')),
    )
    expect(await listItems(store, 'images')).toEqual([KEY])
  })

  it('sweeps what a killed builder left, not what a living one works on', async () => {
    mkdirSync(join(store, 'building', 'images-dead'), { recursive: true })
    writeFileSync(join(store, 'building', 'images-dead.owner'), DEAD)
    await buildItem(store, 'images', KEY, async () => {
      expect(await sweepBuilding(store)).toEqual([])
    })
    expect(existsSync(join(store, 'building', 'images-dead'))).toBe(false)
  })

  it('never removes what a living process has pinned, and forgets the pins of dead ones', async () => {
    await buildItem(store, 'images', KEY, () => Promise.resolve())
    const pin = await pinItem(store, 'images', KEY)
    writeFileSync(join(store, 'pins', `images-${KEY}`, 'dead'), DEAD)
    expect(await removeUnpinned(store, 'images', KEY, context())).toBe(false)
    await pin.release()
    expect(await isPinned(store, 'images', KEY)).toBe(false)
    expect(await removeUnpinned(store, 'images', KEY, context())).toBe(true)
    expect(await listItems(store, 'images')).toEqual([])
  })
})
