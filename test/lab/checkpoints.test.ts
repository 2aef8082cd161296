/** Checkpoints as the store keeps them: made once, used only while whole, never again once spoiled. The machines are simulated. */
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ensureCheckpoint, listCheckpoints, pruneCheckpoints } from '../../src/lab/checkpoints.ts'
import { LAYER_RUN } from '../../src/lab/install-layer.ts'
import type { Context } from '../../src/sdk/context.ts'
import type { BootFacts } from '../../src/sdk/dialect.ts'
import { simulatedParts, temporaryFolder } from '../run/simulated-lab.ts'

type Request = Parameters<typeof ensureCheckpoint>[0]

/** A host whose machines can be saved: two files that name the machine. `saves` counts them. */
async function savingHost(
  facts: (boot: BootFacts) => BootFacts = (boot) => boot,
): Promise<{ request: Request; ctx: Context; saves: string[] }> {
  const folder = temporaryFolder()
  const parts = await simulatedParts({ folder })
  const [host] = parts.hosts
  const dialect = host?.dialects.get('linux')
  if (host === undefined || dialect === undefined) throw new Error('no host')
  const saves: string[] = []
  const { provider } = host
  const create = provider.create.bind(provider)
  provider.create = async (spec, ctx) =>
    Object.assign(await create(spec, ctx), {
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
  const { clock, log } = parts
  return {
    saves,
    ctx: { clock, log, signal: new AbortController().signal, deadline: clock.now() + 3_600_000 },
    request: {
      provider,
      savedStates: { refuse: () => [], identity: () => Promise.resolve('this host') },
      host: 'sim-0',
      dialect: { ...dialect, boot: async (guest, ctx) => facts(await dialect.boot(guest, ctx)) },
      secret: () => '',
      allowNetwork: false,
      source: { sha256: 'a'.repeat(64), dialect: 'linux', disk: '/simulated', diskFormat: 'raw' },
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

  it('is never used again once it was spoiled, and another takes its place', async () => {
    const { request, ctx, saves } = await savingHost()
    const first = await ensureCheckpoint(request, ctx)
    await first.spoil('it came back as somebody else')
    const second = await ensureCheckpoint(request, ctx)
    expect(second.manifest.key).not.toBe(first.manifest.key)
    expect((await ensureCheckpoint(request, ctx)).manifest.key).toBe(second.manifest.key)
    expect(saves).toHaveLength(2)
    // Whoever still runs on it keeps its disk until he is done.
    expect(existsSync(first.savedState.disk)).toBe(true)
    const listed = await listCheckpoints(request.store)
    expect(new Map(listed.map(({ key, spoiled }) => [key, spoiled]))).toEqual(
      new Map([
        [first.manifest.key, true],
        [second.manifest.key, false],
      ]),
    )
  })

  it('is pruned when it is spoiled or not to be kept, but never while a process uses it', async () => {
    const { request, ctx } = await savingHost()
    const first = await ensureCheckpoint(request, ctx)
    await first.spoil('no reason')
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
})
