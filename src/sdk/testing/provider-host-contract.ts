/** What the provider owes to the host: nothing left behind, nothing lost sight of, nothing promised that it cannot give. */
import assert from 'node:assert/strict'
import { readFile, readdir, rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { startProgram } from '../../kit/process.ts'
import { AppError } from '../../model/errors.ts'
import { MachineRefSchema, type MachineRef } from '../../model/machine-ref.ts'
import type { ContractFixture } from './contract-fixture.ts'
import type { TestApi } from './test-api.ts'

/** Tests that each make their own machine. */
export function describeHostSide(api: TestApi, fixture: ContractFixture): void {
  describePromises(api, fixture)
  describeFailedCreation(api, fixture)
  describeKilledCreator(api, fixture)
}

function describePromises(api: TestApi, fixture: ContractFixture): void {
  const { bootMs, refused } = fixture.options

  fixture.it(
    api,
    'tells facts that survive JSON, and findings with a way to fix them',
    async () => {
      const { facts, findings } = await fixture.provider.inspectHost(fixture.context())
      assert.deepEqual(JSON.parse(JSON.stringify(facts)), facts)
      for (const { state, required, fix, packages, id } of findings)
        if (state === 'missing' && required)
          assert.ok((fix ?? packages ?? []).length > 0, `${id} is missing, required, and nothing fixes it`)
    },
    bootMs,
  )

  fixture.it(
    api,
    'refuses what it cannot give, with reasons, and nothing else',
    async () => {
      const { provider, options } = fixture
      const { os } = (await fixture.specify()).source
      assert.notDeepEqual(await provider.refuse(refused, os, fixture.context()), [])
      assert.deepEqual(await provider.refuse(options.profile, os, fixture.context()), [])
    },
    bootMs,
  )
}

function describeFailedCreation(api: TestApi, fixture: ContractFixture): void {
  const { bootMs, brokenSource } = fixture.options

  fixture.it(
    api,
    'leaves nothing when a machine cannot be made, and blames the host',
    async () => {
      const spec = await fixture.specify({ source: brokenSource })
      await assert.rejects(
        fixture.provider.create(spec, fixture.context()),
        (error) => error instanceof AppError && error.fault === 'host',
      )
      assert.deepEqual(await listMachines(fixture), [])
      assert.deepEqual(await readdir(spec.folder).catch(() => []), [])
    },
    bootMs,
  )

  fixture.it(
    api,
    'leaves nothing when the caller gives up before the machine is made',
    async () => {
      const spec = await fixture.specify()
      const caller = new AbortController()
      caller.abort(new Error('given up'))
      await assert.rejects(fixture.provider.create(spec, { ...fixture.context(), signal: caller.signal }))
      assert.deepEqual(await listMachines(fixture), [])
    },
    bootMs,
  )
}

function describeKilledCreator(api: TestApi, fixture: ContractFixture): void {
  const { guest, bootMs, creatorModule } = fixture.options

  fixture.it(
    api,
    'takes over a running machine after its creator was killed with -9',
    async () => {
      if (creatorModule === undefined) return
      const ref = await createInVictim(fixture, creatorModule, 'start')
      assert.ok((await listMachines(fixture)).some(({ name }) => name === ref.name))
      const machine = await fixture.provider.adopt(ref, fixture.context())
      assert.ok(machine !== undefined, 'the machine of the killed process was not found')
      fixture.keep(machine)
      const channel = await machine.connect(fixture.context())
      assert.equal(
        (await channel.exec(guest.say('adopted', '', 0), fixture.context())).stdout.toString(),
        'adopted',
      )
      await machine.destroy(fixture.context())
      assert.deepEqual(await listMachines(fixture), [])
    },
    bootMs * 3,
  )

  fixture.it(
    api,
    'finds a machine by its announced name alone, and destroys it',
    async () => {
      if (creatorModule === undefined) return
      const ref = await createInVictim(fixture, creatorModule, 'create')
      const machine = await fixture.provider.adopt({ ...ref, details: {} }, fixture.context())
      assert.ok(machine !== undefined, 'the machine of the killed process was not found')
      await machine.destroy(fixture.context())
      assert.deepEqual(await listMachines(fixture), [])
      assert.equal(await fixture.provider.adopt(ref, fixture.context()), undefined)
    },
    bootMs * 3,
  )
}

async function listMachines(fixture: ContractFixture): Promise<readonly MachineRef[]> {
  return await fixture.provider.listMachines(fixture.run, fixture.context())
}

/** A child process that makes a machine (and starts it) and is then killed without a chance to clean up. */
async function createInVictim(
  fixture: ContractFixture,
  module: string,
  how: 'create' | 'start',
): Promise<MachineRef> {
  const spec = await fixture.specify()
  const answer = `${await fixture.folder('victim')}/ref.json`
  await rm(answer, { force: true })
  const script = fileURLToPath(
    new URL(`./create-and-wait${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
  )
  const victim = await startProgram(process.execPath, [
    script,
    JSON.stringify({
      module,
      stateFolder: fixture.stateFolder,
      spec,
      how,
      answer,
      milliseconds: fixture.options.bootMs,
    }),
  ])
  const ctx = fixture.context()
  let end: string | undefined
  void victim.exited.then(({ stderr }) => (end = stderr))
  for (;;) {
    const text = await readFile(answer, 'utf8').catch(() => '')
    if (text !== '') {
      victim.kill('SIGKILL')
      await victim.exited
      return MachineRefSchema.parse(JSON.parse(text))
    }
    if (end !== undefined || ctx.clock.now() >= ctx.deadline) {
      victim.kill('SIGKILL')
      throw new Error(`the creating process made no machine: ${end ?? 'it took too long'}`)
    }
    await ctx.clock.sleep(100)
  }
}
