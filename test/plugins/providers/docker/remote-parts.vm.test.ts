/** What machines of an engine elsewhere are reached by, with containers that run no machine. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type Dockerode from 'dockerode'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sha256 } from '../../../../src/kit/hash.ts'
import { LayerVolumes } from '../../../../src/plugins/providers/docker/layer-volumes.ts'
import { remoteFiles } from '../../../../src/plugins/providers/docker/remote-files.ts'
import { ResumableLink } from '../../../../src/plugins/providers/docker/resumable-link.ts'
import {
  containerEnd,
  removeContainer,
  runInside,
  startContainer,
} from '../../../../src/plugins/providers/docker/run-container.ts'
import { findRunnerImage } from '../../../../src/plugins/providers/docker/runner-image.ts'
import { IDLE, RunnerContainers } from '../../../../src/plugins/providers/docker/runner-containers.ts'
import { SerialFollower } from '../../../../src/plugins/providers/docker/serial-follower.ts'
import { engineMissing, loadRunnerImage, startEngine, type ContainerEngine } from './container-engine.ts'

const USER = '10001:10001'
const missing = await engineMissing('dockerd')
if (missing !== undefined) console.log(`NOT TESTED HERE: ${missing}`)

describe.skipIf(missing !== undefined)('parts of an engine elsewhere', () => {
  let folder: string
  let engine: ContainerEngine
  let containers: RunnerContainers
  let container: Dockerode.Container
  const noGivingUp = (): void => undefined

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rz-remote-parts-'))
    engine = await startEngine('dockerd')
    await loadRunnerImage(engine)
    const image = (await findRunnerImage(engine.client)) ?? ''
    containers = new RunnerContainers(
      engine.client,
      join(folder, 'state'),
      async () => await Promise.resolve(image),
    )
    container = await startContainer(
      engine.client,
      await containers.plan(IDLE, {
        user: USER,
        workingFolder: '/work',
        nameFolders: ['/work'],
        memoryMiB: 64,
      }),
    )
  })
  afterAll(async () => {
    await engine.close()
    await rm(folder, { recursive: true, force: true })
  })

  async function run(...command: [string, ...string[]]): Promise<string> {
    const [program, ...words] = command
    const done = await runInside(engine.client, container, program, words, undefined, { timeoutMs: 60_000 })
    expect(done.stderr.toString('utf8')).toBe('')
    return done.stdout.toString('utf8')
  }

  /** A name that no try before has used. */
  const fresh = (name: string): string => `${name}-${randomBytes(4).toString('hex')}`

  /** Collects what a link receives. */
  function listen(link: ResumableLink): {
    readonly text: () => string
    readonly until: (text: string) => Promise<void>
  } {
    let seen = ''
    link.on('data', (piece: Buffer) => (seen += piece.toString('latin1')))
    return {
      text: () => seen,
      until: async (text) => {
        while (!seen.includes(text)) await new Promise((resolve) => link.once('data', resolve))
      },
    }
  }

  it('keeps every byte of a link whose stream breaks again and again, in both directions', async () => {
    const socket = fresh('echo.sock')
    await run('sh', '-c', `socat UNIX-LISTEN:${socket},fork EXEC:cat >/dev/null 2>&1 &`)
    const link = new ResumableLink({
      engine: engine.client,
      container,
      name: fresh('first'),
      socket,
      giveUp: noGivingUp,
    })
    const heard = listen(link)
    let sent = ''
    for (let round = 0; round < 6; round += 1) {
      const line = `${round} ${randomBytes(20_000).toString('hex')}\n`
      sent += line
      link.write(line)
      // Now and then in the middle of what is on its way.
      if (round % 2 === 0) link.breakStream()
      await heard.until(line.slice(-40))
      if (round % 2 === 1) link.breakStream()
    }
    expect(heard.text()).toBe(sent)
    link.destroy()
  })

  it('ends a link with the last byte when the socket closes, also while its stream is broken', async () => {
    const socket = fresh('last.sock')
    const says = 'head -n 1; echo last words'
    await run('sh', '-c', `socat UNIX-LISTEN:${socket} SYSTEM:"${says}" >/dev/null 2>&1 &`)
    const link = new ResumableLink({
      engine: engine.client,
      container,
      name: fresh('second'),
      socket,
      giveUp: noGivingUp,
    })
    const heard = listen(link)
    const closed = new Promise((resolve) => link.once('close', resolve))
    link.write('hello\n')
    link.breakStream()
    await closed
    expect(heard.text()).toBe('hello\nlast words\n')
  })

  it('takes a socket over from the link of a process that is gone', async () => {
    const socket = fresh('one.sock')
    await run(
      'sh',
      '-c',
      `socat UNIX-LISTEN:${socket},fork,max-children=1 SYSTEM:"echo greeting; cat" >/dev/null 2>&1 &`,
    )
    const target = { engine: engine.client, container, socket, giveUp: noGivingUp }
    const first = new ResumableLink({ ...target, name: fresh('third') })
    await listen(first).until('greeting')
    first.destroy()
    const second = new ResumableLink({ ...target, name: fresh('fourth') })
    const heard = listen(second)
    await heard.until('greeting')
    expect(heard.text()).toBe('greeting\n')
    second.destroy()
  })

  it('brings a log here as it grows, and all of it at its end', async () => {
    const log = fresh('serial.log')
    const local = join(folder, log)
    const follower = new SerialFollower(engine.client, `/work/${log}`, local, 0, noGivingUp)
    await run('sh', '-c', `echo first >/work/${log}`)
    follower.start(container)
    while ((await readFile(local, 'utf8').catch(() => '')) !== 'first\n')
      await new Promise((resolve) => setTimeout(resolve, 50))
    await run('sh', '-c', `echo second >>/work/${log}`)
    await follower.finish()
    expect(await readFile(local, 'utf8')).toBe('first\nsecond\n')
    await run('sh', '-c', `echo after the restart >>/work/${log}`)
    follower.start(container)
    await follower.finish()
    expect(await readFile(local, 'utf8')).toBe('first\nsecond\nafter the restart\n')
  })

  it('reads, changes and fetches files of a folder there, whatever bytes they hold', async () => {
    const files = remoteFiles(
      engine.client,
      '/work',
      async () => await Promise.resolve(container),
      async () => {
        return await Promise.reject(new Error('no sockets here'))
      },
    )
    const bytes = randomBytes(100_000)
    await files.write('a file', bytes)
    expect(await files.read('a file')).toEqual(bytes)
    expect(await files.readAt('a file', 99_990, 20)).toEqual(
      Buffer.concat([bytes.subarray(99_990), Buffer.alloc(10)]),
    )
    await files.rename('a file', 'another')
    expect([await files.has('a file'), await files.has('another')]).toEqual([false, true])
    await files.remove(['another', 'never there'])
    await expect(files.read('another')).rejects.toMatchObject({ fault: 'host' })
  })

  it('gives a disk of 1 GiB to the engine once, as a stream', async () => {
    const path = join(folder, 'disk.raw')
    const handle = await open(path, 'w')
    for (let at = 0; at < 1024; at += 64)
      await handle.write(randomBytes(1024 ** 2), 0, 1024 ** 2, at * 1024 ** 2)
    await handle.truncate(1024 ** 3)
    await handle.close()
    const layers = new LayerVolumes(containers)
    globalThis.gc?.()
    const before = process.memoryUsage().rss
    let most = before
    const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 20)
    const placed = await layers.place([path], USER)
    clearInterval(watch)
    const more = Math.round((most - before) / 1024 ** 2)
    console.log(`1 GiB given to the engine: ${more} MiB more memory`)
    expect(more).toBeLessThanOrEqual(64)
    const layer = placed.get(path)
    const volumes = layer === undefined ? [] : [layer.mount]
    const seen = await containers.ask(
      'sha256sum',
      [layer?.path ?? ''],
      { timeoutMs: 120_000 },
      { user: USER, volumes },
    )
    expect(layer?.path).toContain(seen.stdout.toString('utf8').slice(0, 64))
    // Another process of this computer finds it there.
    const made = (await engine.client.listVolumes()).Volumes.length
    await new LayerVolumes(containers).place([path], USER)
    expect((await engine.client.listVolumes()).Volumes).toHaveLength(made)
    expect(await layers.prune(false)).toEqual([])
    expect(await layers.prune(true)).toContain(layer?.mount.volume)
  })

  it('tells the memory limit, a kill from outside and a removal as reasons of the host', async () => {
    const start = async (command: readonly string[]): Promise<Dockerode.Container> =>
      await startContainer(engine.client, await containers.plan(command, { memoryMiB: 0 }))
    const greedy = await start(['dd', 'if=/dev/zero', 'of=/dev/null', 'bs=1G', 'count=1'])
    expect(await containerEnd(greedy)).toMatchObject({
      signal: 'SIGKILL',
      hostReason: {
        code: 'HOST_MEMORY_FULL',
        words: expect.stringContaining('memory limit of 512 MiB') as string,
      },
    })
    const killed = await start(IDLE)
    const ended = containerEnd(killed)
    await killed.kill()
    const end = await ended
    expect(end).toMatchObject({ signal: 'SIGKILL' })
    expect(end.hostReason).toBeUndefined()
    const removed = await start(IDLE)
    await removed.remove({ force: true })
    expect(await containerEnd(removed)).toMatchObject({ hostReason: { code: 'HOST_CONTAINER' } })
    for (const each of [greedy, killed]) await removeContainer(each)
  })

  it('looks for its image again when that was removed', async () => {
    const asked: string[] = []
    const forgetful = new RunnerContainers(
      engine.client,
      join(folder, 'state'),
      async () => await Promise.resolve('ringzero-never-built:1'),
      () => void asked.push('forgotten'),
    )
    await expect(forgetful.ask('true', [], {})).rejects.toMatchObject({
      code: 'HOST_RUNNER_IMAGE',
      fault: 'host',
    })
    expect(asked).toEqual(['forgotten'])
  })

  it('finds again what was pushed in part only, and never shows it', async () => {
    const path = join(folder, 'small.raw')
    const sealed = fresh('sealed')
    await writeFile(path, sealed)
    const hash = sha256(sealed)
    await engine.client.createVolume({ Name: `ringzero-layer-${hash}` })
    const placed = await new LayerVolumes(containers).place([path], USER)
    const layer = placed.get(path)
    const volumes = layer === undefined ? [] : [layer.mount]
    const seen = await containers.ask('cat', [layer?.path ?? ''], {}, { user: USER, volumes })
    expect(seen.stdout.toString('utf8')).toBe(sealed)
    expect((await stat(path)).size).toBe(sealed.length)
    await removeContainer(container)
  })
})
