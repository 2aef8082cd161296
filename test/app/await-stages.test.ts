/** Waiting for the runners of an earlier stage: what is half there, broken, hostile or of another plan. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { awaitStages, type AwaitStagesRequest } from '../../src/app/await-stages.ts'
import type { StageResult } from '../../src/model/stage-result.ts'
import type { Context } from '../../src/sdk/context.ts'
import { makePlan } from '../stand-ins/simulated-lab.ts'

const folder = mkdtempSync(join(tmpdir(), 'rz-await-'))
afterAll(() => rmSync(folder, { recursive: true }))

const plan = makePlan({ stages: [3, 4, 5] })
const [smoke, pairs] = plan.stages
const file = join(folder, 'stages.json')

function told(...stages: readonly Partial<StageResult['stages'][number]>[]): string {
  const whole = stages.map((stage) => ({ id: smoke?.id, state: 'passed', cells: smoke?.cells, ...stage }))
  return JSON.stringify({ schema: 'ringzero/stages/1', plan: plan.id, stages: whole })
}

/** Waits on a clock on which nobody waits; each pause is an occasion for `meanwhile`. */
async function wait(
  request: Partial<AwaitStagesRequest>,
  meanwhile: (pauses: number) => void = () => undefined,
): Promise<{ readonly ended: unknown; readonly said: readonly string[]; readonly pauses: number }> {
  const said: string[] = []
  let [now, pauses] = [0, 0]
  const ctx: Context = {
    signal: new AbortController().signal,
    deadline: Infinity,
    log: { log: (_, message) => void said.push(message) },
    clock: {
      now: () => now,
      sleep(milliseconds) {
        now += milliseconds
        pauses += 1
        meanwhile(pauses)
        return Promise.resolve()
      },
    },
  }
  const ended = await awaitStages(
    { plan, chosen: [pairs?.id ?? ''], sources: [file], keepGoing: false, timeoutMs: 60_000, ...request },
    ctx,
  ).catch((error: unknown) => error)
  return { ended, said, pauses }
}

describe('a shard of a later stage', () => {
  it('waits through a missing file, half of one, and a stage that has not begun', async () => {
    rmSync(file, { force: true })
    const contents = ['{"schema": "ringz', '[1, 2]', told({ state: 'not-started' }), told({})]
    const { ended, said, pauses } = await wait({}, (at) => writeFileSync(file, contents[at - 1] ?? ''))
    expect([ended, pauses]).toEqual([undefined, 4])
    expect(said.map((line) => line.replace(`waiting for ${file}: `, ''))).toEqual([
      'it is not there yet',
      'it is no JSON',
      'it is no ringzero/stages/1 ()',
      'its stage has not begun',
    ])
  })

  it('gives up at its deadline, as a fault of the lab and not of the candidate, and says what it saw last', async () => {
    rmSync(file, { force: true })
    const { ended } = await wait({ timeoutMs: 9000 })
    expect(ended).toMatchObject({
      code: 'AFTER_TIMEOUT',
      fault: 'host',
      message: expect.stringContaining('it is not there yet') as string,
    })
  })

  it.each(['failed', 'inconclusive'] as const)(
    'does not start when the stage before it ended as %s',
    async (state) => {
      writeFileSync(file, told({ state }))
      expect((await wait({})).ended).toBe(`stage stage-0 ended as ${state}`)
      expect((await wait({ keepGoing: true })).ended).toBeUndefined()
    },
  )

  it('needs all shards of that stage, and any red one counts', async () => {
    const parts = [smoke?.cells.slice(0, 1), smoke?.cells.slice(1)].map((cells, at) => {
      const part = join(folder, `part-${at}.json`)
      writeFileSync(part, told(cells === undefined ? {} : { cells }))
      return part
    })
    expect((await wait({ sources: parts.slice(1) })).ended).toMatchObject({
      code: 'AFTER_MISSING',
      fault: 'user',
    })
    expect((await wait({ sources: parts })).ended).toBeUndefined()
    writeFileSync(parts[1] ?? '', told({ state: 'failed', cells: [] }))
    expect((await wait({ sources: parts })).ended).toBe('stage stage-0 ended as failed')
  })

  it('asks for every stage before it, not only the last, and for none that is run here or may fail', async () => {
    writeFileSync(file, told({}))
    expect((await wait({ chosen: ['stage-2'] })).ended).toMatchObject({
      message: expect.stringContaining('stage stage-1') as string,
    })
    expect((await wait({ chosen: ['stage-1', 'stage-2'] })).ended).toBeUndefined()
    expect((await wait({ chosen: ['stage-0', 'stage-1'], sources: [] })).ended).toBeUndefined()
    const lenient = { ...plan, stages: plan.stages.map((stage) => ({ ...stage, continueOnFailure: true })) }
    expect((await wait({ plan: lenient, sources: [] })).ended).toBeUndefined()
  })

  it('refuses the result of another plan at once', async () => {
    writeFileSync(file, told({}).replace(plan.id, 'b'.repeat(64)))
    const { ended, pauses } = await wait({})
    expect([ended, pauses]).toMatchObject([{ code: 'AFTER_FOREIGN', fault: 'user' }, 0])
  })

  it('bears a server that is broken, endless or gone, and tells no secret of the address', async () => {
    let asked = 0
    const server = createServer((_, answer) => {
      asked += 1
      if (asked === 1) return void answer.writeHead(503).end('x')
      if (asked === 2) return void answer.socket?.destroy()
      if (asked === 3) {
        const piece = Buffer.alloc(4 * 1024 * 1024, 32)
        const pour = (): void => void (answer.destroyed || answer.write(piece, pour))
        return pour()
      }
      if (asked === 4) return void answer.end(`${told({})}\u001b[31m trailing`)
      return void answer.end(told({}))
    })
    await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle))
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/stages.json?token=hush`
    const { ended, said } = await wait({ sources: [address], timeoutMs: 3_600_000 })
    server.close()
    expect([ended, asked]).toEqual([undefined, 5])
    expect(said).toHaveLength(4)
    expect(said[0]).toContain('the server answers 503')
    expect(said[2]).toContain('it is too large')
    expect(said.join(' ')).not.toContain('hush')
  })
})
