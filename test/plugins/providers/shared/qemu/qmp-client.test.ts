import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DeadlineError } from '../../../../../src/kit/deadline.ts'
import { connectSocket } from '../../../../../src/plugins/channels/guest-agent/connect-socket.ts'
import { startProgram, type Running } from '../../../../../src/kit/process.ts'
import {
  QmpClient,
  QmpClosed,
  QmpError,
  type QmpEvent,
} from '../../../../../src/plugins/providers/shared/qemu/qmp-client.ts'
import { contextFor } from '../../../../stand-ins/linux-micro.ts'
import { notOnWindows } from '../../../../windows-host/not-on-windows.ts'

let folder = ''
beforeEach(async () => {
  // Longer than a unix socket's path may be: the client must not care.
  folder = await mkdtemp(join(tmpdir(), `ringzero-qmp-${'x'.repeat(120)}-`))
})
afterEach(async () => await rm(folder, { recursive: true, force: true }))

describe('the QMP client and a real QEMU', notOnWindows('unix sockets'), () => {
  let qemu: Running
  let events: QmpEvent[]
  let closed: string | undefined
  let client: QmpClient

  beforeEach(async () => {
    events = []
    closed = undefined
    qemu = await startProgram(
      'qemu-system-x86_64',
      ['-machine', 'none', '-nodefaults', '-display', 'none', '-qmp', 'unix:qmp.sock,server=on,wait=off'],
      { cwd: folder },
    )
    client = await QmpClient.connect(
      async () => await connectSocket(join(folder, 'qmp.sock')),
      contextFor(30_000),
      {
        onEvent: (event) => void events.push(event),
        onClose: (reason) => (closed = reason),
      },
    )
  })
  afterEach(async () => {
    client.close()
    qemu.kill('SIGKILL')
    await qemu.exited
  })

  it('answers commands, also many at once, each with its own result', async () => {
    const answers = await Promise.all(
      ['query-status', 'query-version', 'query-name'].map(
        async (command) => await client.execute(command, {}, contextFor(5000)),
      ),
    )
    expect(answers[0]).toMatchObject({ status: expect.any(String) as unknown })
    expect(answers[1]).toMatchObject({ qemu: { major: expect.any(Number) as unknown } })
    expect(answers[2]).toEqual({})
  })

  it('tells a refusal with its class', async () => {
    const error: unknown = await client
      .execute('no-such', {}, contextFor(5000))
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(QmpError)
    expect((error as QmpError).errorClass).toBe('CommandNotFound')
  })

  it('hands over the last events before it says that QEMU is gone', async () => {
    await client.execute('quit', {}, contextFor(5000))
    await qemu.exited
    await expect.poll(() => closed).toBeDefined()
    expect(events.map(({ event, data }) => [event, data['reason']])).toEqual([['SHUTDOWN', 'host-qmp-quit']])
    await expect(client.execute('query-status', {}, contextFor(5000))).rejects.toThrow(QmpClosed)
  })

  it('rejects what waits when QEMU is killed', async () => {
    const waiting = client.execute('query-status', {}, contextFor(5000)).then(async () => {
      qemu.kill('SIGKILL')
      await qemu.exited
      return await client.execute('query-status', {}, contextFor(5000))
    })
    await expect(waiting).rejects.toThrow(QmpClosed)
  })
})

describe('the QMP client and a peer that is no QEMU', notOnWindows('unix sockets'), () => {
  let server: Server
  const serve = async (greeting: string): Promise<QmpClient> => {
    server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.resume()
      socket.write(greeting)
    })
    await new Promise<void>((resolve) => server.listen({ path: 'qmp.sock' }, resolve)).catch(() => undefined)
    return await QmpClient.connect(
      async () => await connectSocket(join(folder, 'qmp.sock')),
      contextFor(600),
      { onEvent: () => undefined },
    )
  }
  afterEach(async () => await new Promise((resolve) => server.close(resolve)))

  it.each([
    ['nonsense', 'hello\n', QmpClosed],
    ['JSON that is no object', '7\n', QmpClosed],
    ['an endless line', 'x'.repeat(5 * 1024 * 1024), QmpClosed],
    ['silence', '', DeadlineError],
    ['a greeting and then silence', '{"QMP": {}}\n', DeadlineError],
  ])('gives up on %s', async (_, greeting, expected) => {
    const here = process.cwd()
    // A listener's path cannot be long; the folder is, so it is bound from inside.
    process.chdir(folder)
    try {
      await expect(serve(greeting)).rejects.toThrow(expected)
    } finally {
      process.chdir(here)
    }
  })

  it('stops waiting for a socket when the process behind it has ended', async () => {
    server = createServer()
    const gone = Promise.resolve('QEMU ended: bad option')
    await expect(
      QmpClient.connect(
        async () => await connectSocket(join(folder, 'none.sock')),
        contextFor(5000),
        { onEvent: () => undefined },
        gone,
      ),
    ).rejects.toThrow('bad option')
  })
})
