/** Checkpoints as the store keeps them: made once, used only while whole, never again once invalidated. The machines are simulated. */
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ensureCheckpoint, listCheckpoints, pruneCheckpoints } from '../../src/lab/checkpoints.ts'
import { LAYER_RUN } from '../../src/lab/install-layer.ts'
import { ChannelLost } from '../../src/sdk/channel.ts'
import type { Context } from '../../src/sdk/context.ts'
import type { BootFacts } from '../../src/sdk/guest-os.ts'
import type { Machine, MachineSignal } from '../../src/sdk/provider.ts'
import { simulatedParts, temporaryFolder } from '../stand-ins/simulated-lab.ts'

type Request = Parameters<typeof ensureCheckpoint>[0]

/** A host whose machines can be saved: two files that name the machine. `saves` counts them. */
async function savingHost(
  facts: (boot: BootFacts) => BootFacts = (boot) => boot,
  change: (machine: Machine) => Partial<Machine> = () => ({}),
): Promise<{ request: Request; ctx: Context; saves: string[] }> {
  const folder = temporaryFolder()
  const parts = await simulatedParts({ folder })
  const [host] = parts.hosts
  const os = host?.guests.get('linux')
  if (host === undefined || os === undefined) throw new Error('no host')
  const saves: string[] = []
  const { provider } = host
  const create = provider.create.bind(provider)
  provider.create = async (spec, ctx) => {
    const machine = await create(spec, ctx)
    return Object.assign(machine, change(machine), {
      savable: {
        save: async (to: string) => {
          saves.push(spec.ref.name)
          const [disk, memory] = [join(to, 'disk'), join(to, 'memory')]
          writeFileSync(disk, `disk of ${spec.ref.name}`, { mode: 0o444 })
          writeFileSync(memory, `memory ${saves.length}`, { mode: 0o400 })
          return await Promise.resolve({ disk, memory, diskFormat: 'raw' as const })
        },
      },
    })
  }
  const { clock, log } = parts
  return {
    saves,
    ctx: { clock, log, signal: new AbortController().signal, deadline: clock.now() + 3_600_000 },
    request: {
      provider,
      savedStates: { refuse: () => [], identity: () => Promise.resolve('this host') },
      host: 'sim-0',
      os: { ...os, boot: async (guest, ctx) => facts(await os.boot(guest, ctx)) },
      secret: () => '',
      allowNetwork: false,
      source: { sha256: 'a'.repeat(64), os: 'linux', disk: '/simulated', diskFormat: 'raw' },
      profile: { cpu: { count: 1 }, memoryMiB: 512 },
      products: [],
      image: 'image',
      store: join(folder, 'store'),
    },
  }
}

describe('a checkpoint', () => {
  it('is made once for one machine, and again for every other', async () => {
    const { request, ctx, saves } = await savingHost()
    const first = await ensureCheckpoint(request, ctx)
    const again = await ensureCheckpoint(request, ctx)
    expect(again.manifest).toEqual(first.manifest)
    expect(saves).toHaveLength(1)
    const others: Request[] = [
      { ...request, source: { ...request.source, sha256: 'b'.repeat(64) } },
      { ...request, profile: { ...request.profile, memoryMiB: 1024 } },
      { ...request, host: 'another' },
      { ...request, savedStates: { refuse: () => [], identity: () => Promise.resolve('after an update') } },
    ]
    for (const other of others) await ensureCheckpoint(other, ctx)
    expect(new Set(saves).size).toBe(5)
    expect(await request.provider.listMachines(LAYER_RUN, ctx)).toEqual([])
  })

  it('is made again when one of its files is not the one that was sealed', async () => {
    for (const file of ['disk', 'memory'] as const) {
      const { request, ctx, saves } = await savingHost()
      const { savedState } = await ensureCheckpoint(request, ctx)
      chmodSync(savedState[file], 0o600)
      writeFileSync(savedState[file], readFileSync(savedState[file], 'utf8').replace('o', 'O'))
      const again = await ensureCheckpoint(request, ctx)
      expect(saves).toHaveLength(2)
      expect(readFileSync(again.savedState[file], 'utf8')).not.toContain('O')
    }
  })

  it('is never used again once it was invalidated, and another takes its place', async () => {
    const { request, ctx, saves } = await savingHost()
    const first = await ensureCheckpoint(request, ctx)
    await first.invalidate('it came back as somebody else')
    const second = await ensureCheckpoint(request, ctx)
    expect(second.manifest.key).not.toBe(first.manifest.key)
    expect((await ensureCheckpoint(request, ctx)).manifest.key).toBe(second.manifest.key)
    expect(saves).toHaveLength(2)
    // Whoever still runs on it keeps its disk until he is done.
    expect(existsSync(first.savedState.disk)).toBe(true)
    const listed = await listCheckpoints(request.store)
    expect(new Map(listed.map(({ key, invalidated }) => [key, invalidated]))).toEqual(
      new Map([
        [first.manifest.key, true],
        [second.manifest.key, false],
      ]),
    )
  })

  it('is pruned when it is invalidated or not to be kept, but never while a process uses it', async () => {
    const { request, ctx } = await savingHost()
    const first = await ensureCheckpoint(request, ctx)
    await first.invalidate('no reason')
    const second = await ensureCheckpoint(request, ctx)
    const keep = new Set([first.manifest.key, second.manifest.key])
    expect(await pruneCheckpoints(request.store, keep, ctx)).toEqual([])
    await first.release()
    await second.release()
    expect((await pruneCheckpoints(request.store, keep, ctx)).map(({ key }) => key)).toEqual([
      first.manifest.key,
    ])
    expect((await pruneCheckpoints(request.store, new Set(), ctx)).map(({ key }) => key)).toEqual([
      second.manifest.key,
    ])
    expect(await listCheckpoints(request.store)).toEqual([])
  })

  it('is not made of a machine that is not at rest, and nothing of it is left', async () => {
    const { request, ctx, saves } = await savingHost((boot) => ({ ...boot, pendingRestart: ['an update'] }))
    await expect(ensureCheckpoint(request, ctx)).rejects.toMatchObject({
      code: 'HOST_UNSETTLED',
      fault: 'host',
      message: 'the machine was not settled after 300 s: a restart is pending: an update',
    })
    expect(saves).toEqual([])
    expect(await listCheckpoints(request.store)).toEqual([])
    expect(await request.provider.listMachines(LAYER_RUN, ctx)).toEqual([])
    rmSync(request.store, { recursive: true })
  })

  const says = (signal: MachineSignal) => () => ({
    async *signals() {
      yield signal
      await new Promise(() => undefined)
    },
  })
  const never = (ctx: Context): Promise<never> =>
    ctx.clock.sleep(1e9, ctx.signal).then(() => Promise.reject(new Error('nobody waits so long')))

  it.each<[string, (machine: Machine) => Partial<Machine>, (boot: BootFacts) => BootFacts, string]>([
    [
      'crashes',
      says({ kind: 'crash', mechanism: 'bugcheck', code: '0x0000007e', at: 0 }),
      (boot) => boot,
      'the guest crashed: 0x0000007e',
    ],
    [
      'waits for a person',
      says({ kind: 'stuck', where: 'setup', detail: 'asks for a keyboard', at: 0 }),
      (boot) => boot,
      'the guest waits for a person (setup): asks for a keyboard',
    ],
    [
      'restarts by itself',
      () => ({}),
      ((starts) => (boot: BootFacts) => ({ ...boot, bootId: `start ${(starts += 1)}` }))(0),
      'the machine restarted by itself before it could be saved',
    ],
    [
      'never ends its start',
      () => ({}),
      (boot) => ({ ...boot, finished: false }),
      'the start of the machine was not done before its deadline',
    ],
    [
      'never answers',
      () => ({ connect: never }),
      (boot) => boot,
      'the start of the machine was not done before its deadline',
    ],
    [
      'breaks its link',
      (machine) => ({
        connect: async (ctx) => ({
          ...(await machine.connect(ctx)),
          exec: () => Promise.reject(new ChannelLost('the link broke')),
        }),
      }),
      (boot) => boot,
      'the guest was lost before it was settled: the link broke',
    ],
  ])('is not made of a machine that %s: no host is to blame', async (_, change, facts, message) => {
    // Before it is changed, or it would be asked for its own link.
    const { request, ctx } = await savingHost(facts, (machine) =>
      change({ ...machine, connect: machine.connect.bind(machine) }),
    )
    await expect(ensureCheckpoint(request, ctx)).rejects.toMatchObject({
      code: 'HOST_UNSETTLED',
      fault: 'host',
      message,
    })
    expect(await request.provider.listMachines(LAYER_RUN, ctx)).toEqual([])
  })

  it('is not made on a host that loses the machine, which is the host’s own fault', async () => {
    const lost = says({ kind: 'host-fault', code: 'HOST_GONE', message: 'QEMU was killed', at: 0 })
    const { request, ctx } = await savingHost((boot) => boot, lost)
    await expect(ensureCheckpoint(request, ctx)).rejects.toMatchObject({
      code: 'HOST_CHECKPOINT',
      message: 'QEMU was killed',
    })
  })
})
