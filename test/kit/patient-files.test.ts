import fs, { rename, unlink } from 'node:fs/promises'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { virtualClock } from '../../src/plugins/providers/simulated/virtual-clock.ts'
import { waitForOpenFiles } from '../../src/kit/patient-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'rz-patient-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** How often the system refuses from now on, as Windows does while another program has the file open, and with which code. */
let refusals: string[] = []
let asked = 0
beforeAll(() => {
  for (const name of ['rename', 'unlink'] as const) {
    const plain = fs[name] as (...words: unknown[]) => Promise<void>
    fs[name] = async (...words: unknown[]) => {
      asked += 1
      const code = refusals.shift()
      if (code !== undefined) throw Object.assign(new Error(code), { code })
      return await plain(...words)
    }
  }
  waitForOpenFiles()
})

function file(name: string): string {
  refusals = []
  asked = 0
  const path = join(folder, name)
  writeFileSync(path, 'x')
  return path
}

it('tries again what another program has open, also where a function was imported by name', async () => {
  const path = file('a')
  refusals = ['EBUSY', 'EPERM', 'EACCES']
  await rename(path, join(folder, 'b'))
  expect(asked).toBe(4)
})

it('passes on at once what does not pass by itself', async () => {
  const path = file('c')
  refusals = ['ENOSPC']
  await expect(unlink(path)).rejects.toThrow('ENOSPC')
  expect(asked).toBe(1)
  refusals = ['EPERM']
  await expect(rename(path, folder)).rejects.toThrow('EPERM')
  expect(asked).toBe(2)
})

it('lets no simulated time pass while it waits', async () => {
  const path = file('d')
  refusals = ['EBUSY', 'EBUSY', 'EBUSY']
  const clock = virtualClock(0)
  const ended: string[] = []
  await Promise.all([
    rename(path, join(folder, 'e')).then(() => ended.push('file')),
    clock.sleep(120_000).then(() => ended.push('two minutes')),
  ])
  expect(ended).toEqual(['file', 'two minutes'])
})
