// A stand-in agent on a real unix socket or, on Windows, a named pipe: what a sound agent never does, a hostile one must be able to do here.
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DeadlineError } from '../../../../src/kit/deadline.ts'
import { connectSocket } from '../../../../src/plugins/channels/guest-agent/connect-socket.ts'
import { GuestAgentChannel } from '../../../../src/plugins/channels/guest-agent/guest-agent-channel.ts'
import {
  GuestAgentClient,
  GuestAgentError,
} from '../../../../src/plugins/channels/guest-agent/guest-agent-client.ts'
import { ChannelLost } from '../../../../src/sdk/channel.ts'
import { contextFor } from '../../../stand-ins/linux-micro.ts'

type Request = { readonly execute: string; readonly arguments: Readonly<Record<string, unknown>> }
type Agent = (request: Request, socket: Socket) => void

let folder = ''
let server: Server
let agent: Agent
let client: GuestAgentClient

const alive = (): undefined => undefined
const answer = (socket: Socket, value: unknown): void =>
  void socket.write(`${JSON.stringify({ return: value })}\n`)
/** Syncs as qemu-ga does: an error for the stray 0xFF, then 0xFF and the number. */
const sync: Agent = (request, socket) => {
  socket.write('{"error": {"class": "GenericError", "desc": "JSON parse error, stray"}}\n')
  socket.write(Buffer.from([0xff]))
  answer(socket, request.arguments['id'])
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringzero-agent-'))
  server = createServer((socket) => {
    let text = ''
    socket.on('error', () => undefined)
    socket.on('data', (piece) => {
      text += piece.toString('latin1').replaceAll('\u00ff', '')
      const lines = text.split('\n')
      text = lines.pop() ?? ''
      for (const line of lines) {
        const request = JSON.parse(line) as Request
        if (request.execute === 'guest-sync-delimited') sync(request, socket)
        else agent(request, socket)
      }
    })
  })
  const path = process.platform === 'win32' ? `\\\\.\\pipe\\${basename(folder)}` : join(folder, 'agent.sock')
  await new Promise<void>((resolve) => server.listen(path, resolve))
  client = new GuestAgentClient(async () => await connectSocket(path))
})

afterEach(async () => {
  client.close()
  await new Promise((resolve) => server.close(resolve))
  await rm(folder, { recursive: true, force: true })
})

describe('the guest agent client', () => {
  it('skips what an earlier talk left behind and answers a call', async () => {
    agent = (request, socket) => answer(socket, request.arguments)
    const epoch = await client.synchronize(contextFor(5000), alive)
    expect(await client.call('guest-x', { a: 1 }, epoch, contextFor(5000))).toEqual({ a: 1 })
  })

  it('tells a refusal from a lost link', async () => {
    agent = (_, socket) =>
      void socket.write('{"error": {"class": "GenericError", "desc": "no \\u001b[2Jway"}}\n')
    const epoch = await client.synchronize(contextFor(5000), alive)
    const refused = await client.call('guest-x', {}, epoch, contextFor(5000)).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(GuestAgentError)
    expect(String(refused)).toBe('GuestAgentError: guest-x: no way')
  })

  it.each([
    ['no JSON', '}{\n'],
    ['JSON that is no object', '[1]\n'],
    ['an answer without a result', '{}\n'],
  ])('counts %s as a lost link', async (_, text) => {
    agent = (__, socket) => void socket.write(text)
    const epoch = await client.synchronize(contextFor(5000), alive)
    await expect(client.call('guest-x', {}, epoch, contextFor(5000))).rejects.toThrow(ChannelLost)
  })

  it('never takes a late answer for the answer to the next question', async () => {
    let first: Socket | undefined
    agent = (request, socket) => {
      if (request.execute === 'guest-slow') first = socket
      else answer(socket, 'prompt')
    }
    const epoch = await client.synchronize(contextFor(5000), alive)
    await expect(client.call('guest-slow', {}, epoch, contextFor(100))).rejects.toThrow(DeadlineError)
    if (first !== undefined) answer(first, 'late')
    expect(await client.call('guest-prompt', {}, epoch, contextFor(5000))).toBe('prompt')
  })

  it('holds nobody beyond his deadline while another call waits for a silent agent', async () => {
    agent = () => undefined
    const epoch = await client.synchronize(contextFor(5000), alive)
    const patient = client.call('guest-silent', {}, epoch, contextFor(1500))
    const hurried = client.call('guest-hurried', {}, epoch, contextFor(100))
    await expect(Promise.race([patient.then(() => 'patient'), hurried])).rejects.toThrow('a turn')
    await expect(patient).rejects.toThrow(DeadlineError)
  })

  it('rejects calls of a life that is over, also those under way', async () => {
    agent = () => undefined
    const epoch = await client.synchronize(contextFor(5000), alive)
    const under = client.call('guest-x', {}, epoch, contextFor(5000))
    await new Promise((resolve) => setTimeout(resolve, 50))
    client.lose('the guest was reset')
    await expect(under).rejects.toThrow('the guest was reset')
    await expect(client.call('guest-x', {}, epoch, contextFor(5000))).rejects.toThrow(ChannelLost)
    agent = (_, socket) => answer(socket, 'again')
    const next = await client.synchronize(contextFor(5000), alive)
    expect(next).not.toBe(epoch)
    expect(await client.call('guest-x', {}, next, contextFor(5000))).toBe('again')
  })

  it('gives up at once when nobody can answer any more', async () => {
    await expect(client.synchronize(contextFor(5000), () => 'the machine is off')).rejects.toThrow('off')
  })
})

describe('the guest agent channel against a hostile agent', () => {
  const open = async (): Promise<GuestAgentChannel> =>
    new GuestAgentChannel(client, await client.synchronize(contextFor(5000), alive), 'linux')

  it.each([{ pid: 'x' }, null, 7, [], { pid: {} }])(
    'takes %j for a lost link, not for a process',
    async (value) => {
      agent = (_, socket) => answer(socket, value)
      await expect((await open()).exec({ program: '/x', arguments: [] }, contextFor(2000))).rejects.toThrow(
        ChannelLost,
      )
    },
  )

  it('keeps a program without an end within its deadline', async () => {
    agent = (request, socket) =>
      answer(socket, request.execute === 'guest-exec' ? { pid: 1 } : { exited: false })
    await expect((await open()).exec({ program: '/x', arguments: [] }, contextFor(300))).rejects.toThrow(
      DeadlineError,
    )
  })

  it('never writes more of a file than was asked for', async () => {
    agent = (request, socket) =>
      answer(
        socket,
        request.execute === 'guest-file-read'
          ? { count: 1, 'buf-b64': Buffer.alloc(5000, 'z').toString('base64'), eof: false }
          : 1,
      )
    const path = join(folder, 'pulled')
    expect(await (await open()).pull('/x', path, contextFor(2000), 10)).toEqual({ truncated: true })
    const { size } = await import('node:fs/promises').then(async ({ stat }) => await stat(path))
    expect(size).toBe(10)
  })
})
