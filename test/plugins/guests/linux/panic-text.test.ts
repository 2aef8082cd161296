import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readPanicText } from '../../../../src/plugins/guests/linux/panic-text.ts'

/** Recorded from a linux-micro guest whose sensor read a malformed content file in early boot, twice. */
const loop = readFileSync(join(import.meta.dirname, 'serial-boot-loop.log'), 'utf8')

describe('the text of a crash', () => {
  it('names what crashed, in whose module, without addresses', () => {
    expect(readPanicText(loop)).toMatchObject({
      title: 'BUG: kernel NULL pointer dereference',
      module: 'ringzero_sensor',
      function: 'sensor_load',
    })
  })

  it('is the last crash of several', () => {
    const panics = loop.split('Kernel panic - not syncing').length - 1
    expect(panics).toBe(2)
    expect(readPanicText(loop)?.excerpt).toContain('[ringzero_sensor]')
    expect(readPanicText(loop)?.excerpt.match(/Kernel panic/g)).toHaveLength(1)
  })

  it('ends where the next start begins', () => {
    const next = '[    2.000000] libata: a line of the next start\n'
    expect(readPanicText(`${loop}\n${next}`)?.excerpt).not.toContain('libata: a line')
  })

  it('is read the same with the level marks that pstore keeps', () => {
    const marked = loop.replaceAll(/^\[/gm, '<4>[')
    expect(readPanicText(`Panic#1 Part1\n${marked}`)?.title).toBe('BUG: kernel NULL pointer dereference')
  })

  it('names a panic without an oops by its own words', () => {
    const text =
      '[    1.000000] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\n'
    expect(readPanicText(text)?.title).toBe(
      'Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)',
    )
  })

  it('is not seen where a program only talks of a panic', () => {
    expect(
      readPanicText('Kernel panic - not syncing: just kidding\nringzero: boot-finished\n'),
    ).toBeUndefined()
  })

  it('is not seen in a soft lockup or a warning alone', () => {
    const text =
      '[   40.100000] watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [insmod:120]\n[   41.000000] WARNING: CPU: 0 PID: 1 at x.c:1 y+0x1/0x2\n'
    expect(readPanicText(text)).toBeUndefined()
  })

  it('never throws and stays bounded whatever the guest prints', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(400), (noise, at) => {
        const damaged = loop.slice(0, at * 30) + noise + loop.slice(at * 30 + 7)
        const panic = readPanicText(damaged)
        expect((panic?.title ?? '').length).toBeLessThan(400)
        expect((panic?.excerpt ?? '').length).toBeLessThan(7000)
      }),
      { numRuns: 60 },
    )
  })
})
