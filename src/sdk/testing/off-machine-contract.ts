/** Power-off, the disk of a machine that is off, safe start. */
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { sha256File } from '../../kit/hash.ts'
import type { Machine } from '../provider.ts'
import { SignalWatch, type ContractFixture } from './contract-fixture.ts'
import type { TestApi } from './test-api.ts'

/** Tests of one machine, in order. */
export function describeOffMachine(api: TestApi, fixture: ContractFixture): void {
  const { bootMs } = fixture.options
  let machine: Machine | undefined
  let watch: SignalWatch | undefined
  let disk = ''
  let diskBefore = ''
  const opened = (): { readonly machine: Machine; readonly watch: SignalWatch } => {
    if (machine === undefined || watch === undefined) throw new Error('the machine was not made')
    return { machine, watch }
  }

  api.beforeAll(async () => {
    const spec = await fixture.specify()
    disk = spec.source.disk
    diskBefore = await sha256File(disk)
    machine = fixture.keep(await fixture.provider.create(spec, fixture.context()))
    watch = new SignalWatch(machine)
  }, bootMs)
  describePowerOff(api, fixture, opened)
  describeOfflineDisk(api, fixture, opened)
  describeSafeStart(api, fixture, opened)

  api.it(
    'never changed the sealed disk below it',
    async () => {
      assert.equal(await sha256File(disk), diskBefore)
      await opened().machine.destroy(fixture.context())
    },
    bootMs,
  )
}

type Opened = () => { readonly machine: Machine; readonly watch: SignalWatch }

function describePowerOff(api: TestApi, fixture: ContractFixture, opened: Opened): void {
  const { guest, bootMs } = fixture.options
  api.it(
    'is asked to shut down, and resolves when it is off',
    async () => {
      const { machine, watch } = opened()
      await machine.start(fixture.context())
      const channel = await machine.connect(fixture.context())
      const local = `${await fixture.folder('small')}/file`
      await writeFile(local, 'before')
      await channel.push(local, guest.path('made before'), fixture.context())
      await machine.stop('guest', fixture.context())
      assert.deepEqual(
        watch.of('power').map(({ state, cause }) => [state, cause]),
        [
          ['running', 'asked'],
          ['off', 'asked'],
        ],
      )
      assert.equal(watch.of('host-fault').length, 0)
      await machine.stop('power', fixture.context())
    },
    bootMs * 2,
  )
}

function describeOfflineDisk(api: TestApi, fixture: ContractFixture, opened: Opened): void {
  const { guest, bootMs } = fixture.options
  const [made, missing, added] = [
    guest.path('made before'),
    guest.path('never made'),
    guest.path('new folder/added later'),
  ]
  const folder = made.slice(0, Math.max(made.lastIndexOf('/'), made.lastIndexOf('\\')))

  api.it(
    'has a disk that can be read and listed without the guest',
    async () => {
      const { offlineDisk } = opened().machine
      if (offlineDisk === undefined) return
      const local = await offlineDisk.read(
        [made, missing],
        await fixture.folder('offline'),
        fixture.context(),
      )
      assert.deepEqual([...local.keys()], [made])
      assert.equal(await readFile(local.get(made) ?? '', 'utf8'), 'before')
      assert.ok((await offlineDisk.list(folder, fixture.context()))?.includes('made before'))
      assert.equal(await offlineDisk.list(missing, fixture.context()), undefined)
    },
    bootMs,
  )

  api.it(
    'starts from the disk as it was changed, which no other process may touch while it runs',
    async () => {
      const { machine } = opened()
      const { offlineDisk } = machine
      if (offlineDisk === undefined) return
      await offlineDisk.write(
        [
          { path: made, content: undefined },
          { path: added, content: Buffer.from('from outside\n\0'), mode: 0o600 },
        ],
        fixture.context(),
      )
      await machine.start(fixture.context())
      const channel = await machine.connect(fixture.context())
      const back = `${await fixture.folder('changed')}/added`
      await channel.pull(added, back, fixture.context())
      assert.equal(await readFile(back, 'latin1'), 'from outside\n\0')
      await assert.rejects(channel.pull(made, back, fixture.context()))
      await assert.rejects(offlineDisk.list(folder, fixture.context()))
      await machine.stop('power', fixture.context())
    },
    bootMs * 2,
  )
}

function describeSafeStart(api: TestApi, fixture: ContractFixture, opened: Opened): void {
  const { guest, bootMs } = fixture.options
  api.it(
    'starts safely, and ordinarily after the next restart',
    async () => {
      const { machine, watch } = opened()
      if (machine.safeBoot === undefined) return
      const mark = watch.mark()
      await machine.safeBoot.startSafe(fixture.context())
      const channel = await machine.connect(fixture.context())
      machine.expectRestart()
      void channel.exec(guest.restart, fixture.context()).catch(() => undefined)
      await watch.until('the reset', fixture.context(), () => watch.of('reset', mark).length > 0)
      await machine.connect(fixture.context())
      assert.deepEqual(
        watch.of('reset', mark).map(({ asked }) => asked),
        [true],
      )
      assert.equal(watch.of('host-fault').length, 0)
    },
    bootMs * 3,
  )
}
