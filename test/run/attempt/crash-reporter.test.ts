/** A crash is written down, whatever else fails. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Fact } from '../../../src/model/observation.ts'
import { linuxGuestOs } from '../../../src/plugins/guests/linux/linux-guest-os.ts'
import { virtualClock } from '../../../src/plugins/providers/simulated/virtual-clock.ts'
import { CrashReporter } from '../../../src/run/attempt/crash-reporter.ts'
import { MachineWatch } from '../../../src/run/attempt/watch.ts'
import type { EvidenceSink } from '../../../src/sdk/collector.ts'
import type { Machine } from '../../../src/sdk/provider.ts'
import { SignalLog } from '../../../src/sdk/signal-log.ts'
import { temporaryFolder } from '../../stand-ins/simulated-lab.ts'

const PANIC = `ringzero: milestone kernel
[    2.100000] Kernel panic - not syncing: sysrq triggered crash
[    2.110000] CPU: 0 PID: 151 Comm: 50-candidate Not tainted 6.1.0-56-amd64 #1
[    2.120000] ---[ end Kernel panic - not syncing: sysrq triggered crash ]---
`

function reporter(
  sink: EvidenceSink,
  serial: string,
  expected = (): boolean => false,
): { reporter: CrashReporter; facts: Fact[] } {
  const path = join(temporaryFolder(), 'serial.log')
  writeFileSync(path, serial)
  const facts: Fact[] = []
  const machine = {
    serial: { path, tail: (maximum: number) => Promise.resolve(Buffer.from(serial).subarray(-maximum)) },
  } as unknown as Machine
  return {
    facts,
    reporter: new CrashReporter({
      machine,
      os: linuxGuestOs,
      clock: virtualClock(0),
      log: { log: () => undefined },
      sink,
      observe: async (fact) => void facts.push(fact),
      expected,
    }),
  }
}

const signal = { kind: 'crash', mechanism: 'panic', at: 0 } as const

it('names the crash by the serial text, once for each start', async () => {
  const saved: string[] = []
  const save = async (name: string): Promise<string> => `id ${saved.push(name)}`
  const { reporter: crashes, facts } = reporter({ save, saveFile: save }, PANIC)
  await crashes.report(signal, 2, 'power')
  await crashes.lookAtSerial(2, 'power')
  expect(saved).toEqual(['serial-crash-2.log'])
  expect(facts).toMatchObject([
    { kind: 'crash', title: expect.stringContaining('sysrq triggered crash') as string, milestone: 'kernel' },
  ])
})

it('writes the crash down although no evidence can be saved', async () => {
  const full = (): Promise<string> => Promise.reject(new Error('no space left'))
  const { reporter: crashes, facts } = reporter({ save: full, saveFile: full }, PANIC)
  await crashes.report(signal, 1, 'power')
  expect(facts.map(({ kind }) => kind)).toEqual(['crash'])
})

it('finds a crash that the host was not told of, and makes none up', async () => {
  const save = (): Promise<string> => Promise.resolve('id')
  const silent = reporter({ save, saveFile: save }, PANIC)
  await silent.reporter.lookAtSerial(1, 'power')
  expect(silent.facts).toHaveLength(1)
  const calm = reporter({ save, saveFile: save }, 'ringzero: milestone kernel\nringzero: shutdown begins\n')
  await calm.reporter.lookAtSerial(1, 'power')
  expect(calm.facts).toEqual([])
})

it.each([
  ['is no crash of a safe mode that is begun before it is written down', false],
  ['is still one of the safe mode that it was seen in when it is written down after that', true],
])('%s', async (_, atSight) => {
  let expected = atSight
  const save = (): Promise<string> => Promise.resolve('id')
  const { reporter: crashes, facts } = reporter({ save, saveFile: save }, PANIC, () => expected)
  const signals = new SignalLog()
  const machine = { signals: () => signals.read() } as unknown as Machine
  const watch = new MachineWatch({
    machine,
    crashes,
    clock: virtualClock(0),
    observe: () => Promise.resolve(),
  })
  watch.beginStart()
  signals.push(signal)
  await watch.waitForTrouble(1000, new AbortController().signal)
  expected = !atSight
  await watch.flush()
  expect(facts.map((fact) => fact.kind === 'crash' && fact.expectedByTest === true)).toEqual([atSight])
})
