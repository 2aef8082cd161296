import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { processStartTime } from '../../../../src/plugins/providers/shared/qemu/process-mark.ts'
import { dockerProviderFactory } from '../../../../src/plugins/providers/docker/provider.ts'
import type { Machine, MachineSpec, Provider } from '../../../../src/sdk/provider.ts'
import { SignalWatch } from '../../../../src/sdk/testing/contract-fixture.ts'
import { contextFor, linuxMicro } from '../../../stand-ins/linux-micro.ts'
import { engineMissing, loadRunnerImage, startEngine, type ContainerEngine } from './container-engine.ts'
import { startSshd, startTlsEngine } from './engine-access.ts'

const BOOT_MS = 120_000
const [noDockerd, noPodman] = [await engineMissing('dockerd'), await engineMissing('podman')]
if (noDockerd !== undefined) console.log(`NOT TESTED HERE: ${noDockerd}`)
if (noPodman !== undefined) console.log(`NOT TESTED HERE: ${noPodman}`)

let folder: string
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'rz-engines-'))))
afterAll(async () => await rm(folder, { recursive: true, force: true }))

async function openProvider(options: Record<string, unknown>): Promise<Provider> {
  const stateFolder = await mkdtemp(join(folder, 'state-'))
  return await dockerProviderFactory.open({ name: 'here', options, stateFolder, secret: () => '' })
}

const machines: Machine[] = []
let count = 0

/** A machine of a name of its own, also when a test is tried again. */
async function create(
  provider: Provider,
  name: string,
  changes: Partial<MachineSpec> = {},
): Promise<{ machine: Machine; watch: SignalWatch }> {
  const ref = {
    provider: 'docker',
    host: 'here',
    run: `engines-${process.pid}`,
    cell: 'c0ffee',
    arm: 'control',
    attempt: 1,
  } as const
  const machine = await provider.create(
    {
      ref: { ...ref, name: `rz-${process.pid}-${(count += 1)}-${name}`, details: {} },
      source: await linuxMicro('cloud'),
      profile: { cpu: { count: 1 }, memoryMiB: 256 },
      folder: await mkdtemp(join(folder, `${name}-`)),
      allowNetwork: false,
      ...changes,
    },
    contextFor(BOOT_MS),
  )
  machines.push(machine)
  return { machine, watch: new SignalWatch(machine) }
}

/** What a test that failed left on the engine. */
async function clear(engine: ContainerEngine): Promise<void> {
  for (const machine of machines.splice(0)) await machine.destroy(contextFor(BOOT_MS)).catch(() => undefined)
  const left = await engine.client.listContainers({ all: true }).catch(() => [])
  for (const { Id: id } of left)
    await engine.client
      .getContainer(id)
      .remove({ force: true })
      .catch(() => undefined)
}

async function shell(machine: Machine, script: string): Promise<string> {
  const channel = await machine.connect(contextFor(BOOT_MS))
  const { stdout } = await channel.exec(
    { program: '/bin/sh', arguments: ['-c', script] },
    contextFor(BOOT_MS),
  )
  return stdout.toString('utf8').trim()
}

/** One life as every cell has it: made, booted, asked, read when it is off, destroyed; nothing is left on the engine. */
async function liveOnce(
  provider: Provider,
  engine: ContainerEngine,
  name: string,
): Promise<{ readonly left: readonly unknown[] }> {
  expect(await provider.refuse({ cpu: { count: 1 }, memoryMiB: 256 }, 'linux', contextFor(60_000))).toEqual(
    [],
  )
  const { machine } = await create(provider, name)
  await machine.start(contextFor(BOOT_MS))
  expect(await shell(machine, 'echo written > /var/lib/proof; sync; uname -s')).toBe('Linux')
  expect(await provider.listMachines(machine.ref.run, contextFor(20_000))).toHaveLength(1)
  await machine.stop('guest', contextFor(BOOT_MS))
  const read = await machine.offlineDisk?.read(
    ['/var/lib/proof'],
    await mkdtemp(join(folder, 'read-')),
    contextFor(60_000),
  )
  expect(await readFile(read?.get('/var/lib/proof') ?? '', 'utf8')).toBe('written\n')
  await machine.destroy(contextFor(BOOT_MS))
  return { left: await engine.client.listContainers({ all: true }) }
}

describe.skipIf(noPodman !== undefined)('podman’s compatible API', () => {
  let engine: ContainerEngine
  beforeAll(async () => {
    engine = await startEngine('podman')
    await loadRunnerImage(engine)
  })
  afterEach(async () => await clear(engine))
  afterAll(async () => await engine.close())

  it('carries a machine from its making to its end', async () => {
    const provider = await openProvider({ engine: engine.url })
    expect(await liveOnce(provider, engine, 'podman')).toEqual({ left: [] })
  })
})

describe.skipIf(noDockerd !== undefined)('dockerd from afar and in trouble', () => {
  let engine: ContainerEngine
  let certificates: string
  let port: number
  beforeAll(async () => {
    const reached = await startTlsEngine(join(folder, 'certificates'))
    ;({ engine, certificates, port } = reached)
    await loadRunnerImage(engine)
  })
  afterEach(async () => await clear(engine))
  afterAll(async () => await engine.close())

  it('is reached over TCP with certificates on both sides, and not without', async () => {
    const address = `tcp://127.0.0.1:${port}`
    const provider = await openProvider({ engine: address, certificates })
    expect(await liveOnce(provider, engine, 'tls')).toEqual({ left: [] })
    const stranger = await openProvider({ engine: `https://127.0.0.1:${port}` })
    const [reason] = await stranger
      .refuse({}, 'linux', contextFor(60_000))
      .catch((error: Error) => [error.message])
    expect(reason).toMatch(/certificate|engine does not answer/)
  })

  it('is reached through OpenSSH, which knows the other computer’s key, without a file of this computer', async (test) => {
    const sshd = await startSshd(folder)
    test.skip(sshd === undefined, 'NOT TESTED HERE: sshd is not installed (Debian package openssh-server)')
    if (sshd === undefined) return
    try {
      const socket = engine.url.replace('unix://', '')
      const options = {
        engine: `ssh://root@127.0.0.1:${sshd.port}${socket}`,
        sshConfig: sshd.config,
        location: 'remote',
      }
      expect(await liveOnce(await openProvider(options), engine, 'ssh')).toEqual({ left: [] })
      const { Volumes: volumes } = await engine.client.listVolumes()
      expect(volumes).not.toEqual([])
      expect(volumes.filter(({ Name: name }) => !name.startsWith('ringzero-layer-'))).toEqual([])
      await writeFile(sshd.knownHosts, '')
      await expect(
        openProvider({ ...options, engine: `ssh://root@localhost:${sshd.port}${socket}` }),
      ).rejects.toMatchObject({ code: 'HOST_ENGINE', message: expect.stringContaining('key') as string })
    } finally {
      sshd.running.kill('SIGKILL')
    }
  })

  it('tells a kill from outside, and the memory limit, as the host’s fault', async () => {
    const provider = await openProvider({ engine: engine.url })
    const { machine, watch } = await create(provider, 'killed')
    await machine.start(contextFor(BOOT_MS))
    const [running] = await engine.client.listContainers({
      filters: { label: ['ringzero.part=machine'] },
    })
    await engine.client.getContainer(running?.Id ?? 'none').kill()
    await watch.until('the fault', contextFor(30_000), () => watch.of('host-fault').length > 0)
    expect(watch.of('host-fault')[0]).toMatchObject({ code: 'HOST_QEMU_KILLED' })
    expect(watch.of('power').at(-1)).toMatchObject({ state: 'off', cause: 'host' })
  })

  it('tells an engine that dies and comes back as the host’s fault, and leaves nothing behind', async () => {
    const provider = await openProvider({ engine: engine.url })
    const { machine, watch } = await create(provider, 'restarted')
    await machine.start(contextFor(BOOT_MS))
    try {
      await engine.kill()
    } finally {
      await engine.start()
    }
    await watch.until('the fault', contextFor(60_000), () => watch.of('host-fault').length > 0)
    expect(watch.of('power').at(-1)).toMatchObject({ state: 'off', cause: 'host' })
    await machine.destroy(contextFor(BOOT_MS))
    expect(await engine.client.listContainers({ all: true })).toEqual([])
  })

  it('tells an engine that is not there, and an image that is not there', async () => {
    const nowhere = await openProvider({ engine: `unix://${folder}/none.sock` })
    await expect(nowhere.refuse({}, 'linux', contextFor(60_000))).rejects.toMatchObject({
      code: 'HOST_ENGINE',
      fault: 'host',
    })
    const { findings } = await nowhere.inspectHost(contextFor(60_000))
    expect(findings[0]).toMatchObject({ id: 'container-engine', state: 'missing' })
    const noImage = await openProvider({ engine: engine.url, image: 'ringzero-never-built:1' })
    await expect(create(noImage, 'no-image')).rejects.toMatchObject({
      code: 'HOST_RUNNER_IMAGE',
      fault: 'host',
    })
  })

  it('removes what a killed process asked, and nothing that a live one asks', async () => {
    const provider = await openProvider({ engine: engine.url })
    await provider.refuse({}, 'linux', contextFor(60_000))
    const states = (await readdir(folder)).filter((name) => name.startsWith('state-'))
    const [image] = await engine.client.listImages()
    const start = await processStartTime(process.pid)
    for (const state of states) {
      const owner = await readFile(join(folder, state, 'engine-owner'), 'utf8').catch(() => '')
      for (const asker of owner === '' ? [] : ['999999999 0@x', `${process.pid} ${start}`])
        await engine.client.createContainer({
          Image: image?.Id ?? '',
          Cmd: ['true'],
          Labels: { 'ringzero.owner': owner, 'ringzero.part': 'question', 'ringzero.asker': asker },
        })
    }
    const made = (await engine.client.listContainers({ all: true })).length
    await provider.listMachines('any', contextFor(20_000))
    const left = await engine.client.listContainers({ all: true })
    expect(left).toHaveLength(made - 1)
    for (const { Id: id } of left) await engine.client.getContainer(id).remove({ force: true })
  })

  it('leaves containers of others alone, those of another ringzero, too', async () => {
    const [ours, theirs] = [
      await openProvider({ engine: engine.url }),
      await openProvider({ engine: engine.url }),
    ]
    const { machine } = await create(theirs, 'theirs')
    await machine.start(contextFor(BOOT_MS))
    expect(await ours.listMachines('any', contextFor(20_000))).toEqual([])
    expect(await engine.client.listContainers({ all: true })).not.toEqual([])
  })
})
