import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  createWhole,
  ownerAlive,
  releaseOwnedFile,
  takeOwnedFile,
  thisOwner,
} from '../../src/kit/owned-file.ts'
import { ownerProcess } from '../stand-ins/owner-process.ts'

let folder = ''
let path = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rz-owned-'))
  path = join(folder, 'lock')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const own = async (): Promise<string> => JSON.stringify(await thisOwner())

describe('the owner of a lock', () => {
  it('lives as long as its process, and no other start of that number is taken for it', async () => {
    const { running, owner } = await ownerProcess()
    expect(await ownerAlive(JSON.stringify(owner))).toBe(true)
    const earlier = {
      ...owner,
      identity: owner.identity.replace(/[0-9]/, (digit) => (digit === '1' ? '2' : '1')),
    }
    expect(await ownerAlive(JSON.stringify(earlier))).toBe(false)
    running.kill('SIGKILL')
    await running.exited
    expect(await ownerAlive(JSON.stringify(owner))).toBe(false)
  })

  it.each(['', 'torn', '{"pid":4}', '{"pid":4,"identity":"\\\\\\\\.\\\\pipe\\\\other","token":"t"}'])(
    'is nobody when the lock says %j',
    async (text) => {
      expect(await ownerAlive(text)).toBe(false)
    },
  )
})

describe('a lock file', () => {
  it('has one owner at a time, and is free when that gives it back or dies', async () => {
    const [first, second] = [await own(), await own()]
    expect([await takeOwnedFile(path, first), await takeOwnedFile(path, second)]).toEqual([true, false])
    await releaseOwnedFile(path, second)
    expect(await takeOwnedFile(path, second)).toBe(false)
    await releaseOwnedFile(path, first)
    expect(await takeOwnedFile(path, second)).toBe(true)
    writeFileSync(path, JSON.stringify({ ...(await thisOwner()), identity: 'an earlier start' }))
    expect(await takeOwnedFile(path, first)).toBe(true)
    expect(readdirSync(folder)).toEqual(['lock'])
  })

  it('that is empty is being written, until it has been for long', async () => {
    writeFileSync(path, '')
    expect(await takeOwnedFile(path, await own())).toBe(false)
    utimesSync(path, new Date(0), new Date(0))
    expect(await takeOwnedFile(path, await own())).toBe(true)
  })

  it('whose dead owner somebody was breaking when he was killed, too, is free', async () => {
    writeFileSync(path, 'torn')
    writeFileSync(
      `${path}.breaking`,
      JSON.stringify({ ...(await thisOwner()), identity: 'an earlier start' }),
    )
    expect(await takeOwnedFile(path, await own())).toBe(false)
    expect(await takeOwnedFile(path, await own())).toBe(true)
  })

  it('needs no hard links', async () => {
    const refuse = (code: string) => () => Promise.reject(Object.assign(new Error(code), { code }))
    // ReFS answers ERROR_INVALID_FUNCTION, which libuv calls EISDIR; FAT on Linux EPERM.
    for (const code of ['EISDIR', 'EPERM', 'ENOTSUP']) {
      expect(await createWhole(path, code, refuse(code))).toBe(true)
      expect(readFileSync(path, 'utf8')).toBe(code)
      expect(await createWhole(path, 'second', refuse(code))).toBe(false)
      rmSync(path)
    }
    expect(readdirSync(folder)).toEqual([])
  })
})
