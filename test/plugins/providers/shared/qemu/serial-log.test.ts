import { appendFile, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SerialLog } from '../../../../../src/plugins/providers/shared/qemu/serial-log.ts'

let folder = ''
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'ringzero-serial-'))))
afterEach(async () => await rm(folder, { recursive: true, force: true }))

describe('the serial log', () => {
  it('is empty before the machine wrote anything', async () => {
    expect((await new SerialLog(join(folder, 'serial.log')).tail(100)).length).toBe(0)
  })

  it('keeps within its limit and still ends with the newest text, over the cut', async () => {
    const log = new SerialLog(join(folder, 'serial.log'))
    let written = ''
    for (let round = 0; round < 50; round += 1) {
      const text = `line ${round} ${'x'.repeat(40)}\n`
      written += text
      await appendFile(log.path, text)
      await log.enforce(1000, 600)
      expect((await stat(log.path)).size).toBeLessThanOrEqual(1000)
    }
    expect((await log.tail(500)).toString()).toBe(written.slice(-500))
    expect((await log.tail(1_000_000)).length).toBeLessThanOrEqual(1600)
  })
})
