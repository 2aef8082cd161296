import { describe, expect, it } from 'vitest'
import { parseAnswer } from '../../../../src/plugins/guests/linux/ask-guest.ts'
import {
  countEntries,
  parseEventLines,
  parseTally,
} from '../../../../src/plugins/guests/linux/event-lines.ts'
import {
  bootFacts,
  cpuTicks,
  crashFacts,
  fileFacts,
  serviceFacts,
} from '../../../../src/plugins/guests/linux/linux-answers.ts'
import { measuredProfile } from '../../../../src/plugins/guests/linux/measured-profile.ts'

const HASH = 'a'.repeat(64)

describe('what a guest answers', () => {
  it('is a start with its id, count and mode', () => {
    const answers = parseAnswer(
      'boot-id\ta73238d4-3419-4a27-8c35-56359b665c83\nboot-count\t2\nmode\tsafe\nuptime\t3.15\nfinished\tyes\nkernel\t6.1.0\nbuild\tgeneric 6.1.0\npending\tglibc\n',
    )
    expect(bootFacts(answers)).toMatchObject({
      bootCount: 2,
      mode: 'safe',
      finished: true,
      pendingRestart: ['glibc'],
    })
  })

  it('is refused when the mode or the id is none of ours', () => {
    const good = 'boot-count\t2\nuptime\t3\nfinished\tyes\nkernel\tx\nbuild\tx\n'
    expect(() => bootFacts(parseAnswer(`${good}mode\tnormal\nboot-id\t<script>\n`))).toThrow(/cannot be read/)
    expect(() =>
      bootFacts(parseAnswer(`${good}mode\troot\nboot-id\ta73238d4-3419-4a27-8c35-56359b665c83\n`)),
    ).toThrow(/cannot be read/)
  })

  it('is a list of services with their states', () => {
    const answers = parseAnswer(
      'service\tnetwatch\nstate\tfailed\nwanted\tyes\nrestarts\t5\nservice\tsensor\nstate\trunning\nwanted\tno\nrestarts\t0\n',
    )
    expect(serviceFacts(answers)).toEqual([
      { name: 'netwatch', state: 'failed', wanted: true, restarts: 5 },
      { name: 'sensor', state: 'running', wanted: false, restarts: 0 },
    ])
  })

  it('is files with size and hash, and counts what changed while it was read', () => {
    const answers = parseAnswer(
      `size\t10\t/etc/hosts\nsize\t11\t/etc/gone\nhash\t${HASH}\t/etc/hosts\ncut\t2\n`,
    )
    const { files, cut } = fileFacts(answers)
    expect([...files]).toEqual([['/etc/hosts', { sha256: HASH, size: 10 }]])
    expect(cut).toBe(3)
  })

  it('gives processor time without the guest time that is already counted', () => {
    expect(cpuTicks(parseAnswer('cpu\tcpu  10 0 20 60 10 0 0 0 99 99\n'))).toEqual({ all: 100, idle: 70 })
  })

  it('names a crash only when its text was kept', () => {
    const text = Buffer.from('<0>[    9.000000] Kernel panic - not syncing: Fatal exception\n').toString(
      'base64',
    )
    const answers = parseAnswer(
      `record\t1.record\nkind\tunclean\nrecord\t2.record\nkind\tpanic\ntext\t${text}\n`,
    )
    expect(crashFacts(answers)).toEqual([
      {
        mechanism: 'panic',
        title: 'Kernel panic - not syncing: Fatal exception',
        path: '/var/lib/ringzero-guest/crashes/2.log',
      },
    ])
  })
})

describe('the event log', () => {
  const log = [
    '1795379701\t1\tinfo\tsystem\t1\tstart 1',
    '1795379702\t2\terror\tkernel\t3\tdisk is slow',
    '1795379703\t2\terror\tkernel\t3\tdisk is slow',
    '1795379703\t2\tcritical\tsystem\t41\tstart 1 ended without an orderly shutdown (panic)',
    'not a line',
    '1795379704\t2\terror\tkernel\t3\tforged\ttab',
  ].join('\n')

  it('gives warnings, errors and critical entries, equal ones as one with a count', () => {
    expect(countEntries(parseEventLines(log), [], 10)).toEqual({
      entries: [
        { level: 'error', provider: 'kernel', eventId: '3', message: 'disk is slow', count: 2 },
        {
          level: 'critical',
          provider: 'system',
          eventId: '41',
          message: 'start 1 ended without an orderly shutdown (panic)',
          count: 1,
        },
      ],
      cut: 0,
    })
  })

  const tallies = parseTally('1\t2\tcritical\tsystem\t41')

  it('says how many entries were left out', () => {
    expect(countEntries(parseEventLines(log), tallies, 1)).toMatchObject({ cut: 1 })
  })
})

describe('a flood in the event log', () => {
  it('has its true number although only its end was told whole', () => {
    const lines = parseEventLines('1795379703\t2\terror\ttool\t77\titem 19999')
    const { entries, cut } = countEntries(lines, parseTally('20000\t2\terror\ttool\t77'), 10)
    expect(entries).toMatchObject([{ eventId: '77', message: 'item 19999', count: 20_000 }])
    expect(cut).toBe(0)
  })
})

describe('the measured profile', () => {
  const answer = (disk: string, more = ''): string =>
    `cpu.count\t2\ncpu.model\tQEMU Virtual CPU version 2.5+\nflags\tfpu avx\nmemoryKiB\t262144\nnumaNodes\t1\ndisk\t${disk}\nfirmware\tbios\ntpm\t\nmachine\tStandard PC (Q35 + ICH9, 2009)\n${more}`
  const pci = '/sys/devices/pci0000:00/0000:00:02.0'

  it.each([
    ['virtio', `${pci}/virtio1/block/vda`, ''],
    ['nvme', `${pci}/nvme/nvme0/nvme0n1`, ''],
    ['sata', `${pci}/ata1/host0/target0:0:0/0:0:0:0/block/sda`, 'disk.driver\tahci\n'],
    ['ide', `${pci}/ata1/host0/target0:0:0/0:0:0:0/block/sda`, 'disk.driver\tata_piix\n'],
    ['scsi', `${pci}/virtio1/host0/target0:0:0/0:0:0:0/block/sda`, 'disk.driver\tvirtio_scsi\n'],
  ])('sees a disk on %s', (bus, path, more) => {
    expect(measuredProfile(parseAnswer(answer(path, more)))['disk.bus']).toBe(bus)
  })

  it('says of a known processor feature that it is absent, not unknown', () => {
    const measured = measuredProfile(parseAnswer(answer(`${pci}/virtio1/block/vda`)))
    expect(measured).toMatchObject({
      'cpu.feature.avx': 'yes',
      'cpu.feature.avx2': 'no',
      memoryMiB: '256',
      tpm: 'none',
    })
    expect(measured['machineType']).toBe('q35')
  })
})
