/** The lock of a run folder, between real processes. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { lockRun, runActivity } from '../../src/record/run-lock.ts'
import { ownerProcess } from '../stand-ins/owner-process.ts'
import { temporaryFolder } from '../stand-ins/simulated-lab.ts'

it('keeps a second process out while the first lives, and says which it is', async () => {
  const folder = temporaryFolder()
  const store = join(folder, 'store')
  const unlock = await lockRun(join(folder, 'run'), 'r1', store)
  await expect(lockRun(join(folder, 'run'), 'r1', store)).rejects.toMatchObject({
    code: 'RUN_LOCKED',
    fault: 'user',
    message: expect.stringContaining(String(process.pid)) as string,
  })
  expect((await runActivity(store, 'r1')).state).toBe('alive')
  await unlock()
  expect((await runActivity(store, 'r1')).state).toBe('dead')
  await (
    await lockRun(join(folder, 'run'), 'r1', store)
  )()
})

it('is taken over from a process that is gone, also when its number was given to another', async () => {
  const folder = temporaryFolder()
  const store = join(folder, 'store')
  const run = join(folder, 'run')
  await (
    await lockRun(run, 'r1', store)
  )()
  const { running, owner } = await ownerProcess()
  const lock = (changes: object): void =>
    writeFileSync(join(run, 'run.lock'), JSON.stringify({ ...owner, folder: run, ...changes }))
  lock({ identity: 'an earlier start' })
  await (
    await lockRun(run, 'r1', store)
  )()
  lock({})
  await expect(lockRun(run, 'r1', store)).rejects.toMatchObject({ code: 'RUN_LOCKED' })
  running.kill('SIGKILL')
  await running.exited
  await (
    await lockRun(run, 'r1', store)
  )()
})

it('of many that come at once lets exactly one in, over a dead lock, too', async () => {
  const folder = temporaryFolder()
  const run = join(folder, 'run')
  await (
    await lockRun(run, 'r1', folder)
  )()
  writeFileSync(join(run, 'run.lock'), 'torn by a kill')
  const results = await Promise.allSettled(Array.from({ length: 12 }, () => lockRun(run, 'r1', folder)))
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  expect(JSON.parse(readFileSync(join(run, 'run.lock'), 'utf8'))).toMatchObject({ pid: process.pid })
})

it('knows nothing of a run that this store never saw', async () => {
  expect(await runActivity(temporaryFolder(), '../../etc')).toEqual({ state: 'unknown' })
})
