/** The pipe to the bridge: who may speak on it, and whom the bridge believes. */
import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { assetPath } from '../../../../src/kit/assets.ts'
import { systemClock } from '../../../../src/kit/clock.ts'
import { runProgram } from '../../../../src/kit/process.ts'
import { openBridgePipe, type BridgePipe } from '../../../../src/plugins/providers/hyper-v/bridge-pipe.ts'
import { powerShellHost } from '../../../stand-ins/powershell-host/powershell-host.ts'
import { notOnWindows } from '../../../windows-host/not-on-windows.ts'

let pipe: BridgePipe | undefined
afterEach(() => {
  pipe?.close()
})

async function peer(name: string): Promise<{ readonly socket: Socket; readonly heard: () => string }> {
  const socket = connect(process.platform === 'win32' ? `\\\\.\\pipe\\${name}` : name)
  let heard = ''
  socket.on('data', (chunk) => (heard += chunk.toString()))
  await once(socket, 'connect')
  return { socket, heard: () => heard }
}

describe('the pipe to the bridge', () => {
  it('says nothing to a peer that only listens, and cuts off one that says the wrong words', async () => {
    pipe = await openBridgePipe()
    const [silent, wrong, long] = [await peer(pipe.name), await peer(pipe.name), await peer(pipe.name)]
    const cut = Promise.all([once(wrong.socket, 'close'), once(long.socket, 'close')])
    wrong.socket.write(`${'0'.repeat(pipe.proof.length)}\n`)
    long.socket.write(`${pipe.proof}\nand more`)
    await cut
    const bridge = await peer(pipe.name)
    const silenced = once(silent.socket, 'close')
    bridge.socket.write(`${pipe.proof}\n`)
    await pipe.connected
    pipe.send(['request', 'secret'])
    await expect.poll(bridge.heard).toBe(`${pipe.answer}\nrequest\nsecret\n`)
    await silenced
    expect([silent.heard(), wrong.heard(), long.heard()]).toEqual(['', '', ''])
  })

  it('takes a proof that arrives in pieces', async () => {
    pipe = await openBridgePipe()
    const bridge = await peer(pipe.name)
    bridge.socket.setNoDelay(true)
    for (const piece of [pipe.proof.slice(0, 9), pipe.proof.slice(9), '\n']) bridge.socket.write(piece)
    await pipe.connected
    await expect.poll(bridge.heard).toBe(`${pipe.answer}\n`)
  })

  it('can be found by nobody once the bridge is connected', async () => {
    pipe = await openBridgePipe()
    const bridge = await peer(pipe.name)
    bridge.socket.write(`${pipe.proof}\n`)
    await pipe.connected
    // Windows keeps the name while the pipe is used; who asks for it waits there in vain, for half a minute.
    const late = systemClock.sleep(1000).then(() => 'ETIMEDOUT')
    const other = peer(pipe.name).then(
      () => 'connected',
      ({ code }: NodeJS.ErrnoException) => code,
    )
    const found = process.platform === 'win32' ? ['ENOENT', 'ETIMEDOUT'] : ['ENOENT', 'ECONNREFUSED']
    expect(found).toContain(await (process.platform === 'win32' ? Promise.race([other, late]) : other))
  })

  it('lies in a folder that only its owner may enter', notOnWindows('unix sockets'), async () => {
    pipe = await openBridgePipe()
    const folder = dirname(pipe.name)
    expect((await stat(folder)).mode & 0o77).toBe(0)
    pipe.close()
    await expect.poll(() => existsSync(folder)).toBe(false)
  })

  it('has a name of its own each time', async () => {
    const names = new Set<string>()
    for (let round = 0; round < 3; round += 1) {
      const one = await openBridgePipe()
      names.add(one.name).add(one.proof).add(one.answer)
      one.close()
    }
    expect(names.size).toBe(9)
  })
})

describe('the bridge', () => {
  let executable: string
  beforeAll(async () => {
    executable = await powerShellHost()
  }, 300_000)

  it('believes no pipe that does not know the answer', async () => {
    pipe = await openBridgePipe()
    const onWindows = process.platform === 'win32'
    const name = onWindows ? `${pipe.name}-false` : join(dirname(pipe.name), 'false')
    const said: string[] = []
    const impostor = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.on('data', (chunk) => said.push(chunk.toString()))
      socket.write(`${'0'.repeat(64)}\n`)
    })
    impostor.listen(onWindows ? `\\\\.\\pipe\\${name}` : name)
    await once(impostor, 'listening')
    const bridge = assetPath('plugins/providers/hyper-v/scripts/bridge.ps1')
    const ran = await runProgram(executable, ['-NoLogo', '-NoProfile', '-NonInteractive', '-Command', '-'], {
      input: `. ([scriptblock]::Create([IO.File]::ReadAllText('${bridge}'))); Open-BridgePipe '${name}' 'proof' 'answer'; 'opened'\n`,
    })
    impostor.close()
    expect(said).toEqual(['proof\n'])
    expect(ran.stderr.toString()).toContain('the pipe was made by somebody else')
    expect(ran.stdout.toString()).not.toContain('opened')
  }, 60_000)
})
