/** Power-off, the disk of a machine that is off, safe start. */
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { sha256File } from '../../kit/hash.ts'
import type { Machine } from '../provider.ts'
import { SignalWatch, type ContractFixture } from './contract-fixture.ts'
import type { TestApi } from './test-api.ts'

const MADE = 'made before'

/** Tests of one machine, in order. */
export function describeOffMachine(api: TestApi, fixture: ContractFixture): void {
  const { bootMs } = fixture.options
  const off = new OffMachine(fixture)
  let diskBefore = ''

  api.beforeAll(async () => {
    diskBefore = await sha256File(await off.sealedDisk())
    await off.reach('new')
  }, bootMs)
  describePowerOff(api, off)
  describeOfflineDisk(api, off)
  describeSafeStart(api, off)

  fixture.it(
    api,
    'never changed the sealed disk below it',
    async () => {
      assert.equal(await sha256File(await off.sealedDisk()), diskBefore)
      await (await off.reach('written')).machine.destroy(fixture.context())
    },
    bootMs * 2,
  )
}

interface Opened {
  readonly machine: Machine
  readonly watch: SignalWatch
}

/** The one machine of these tests; after a try that failed it is another one, brought to where the test begins. */
class OffMachine {
  readonly fixture: ContractFixture
  #opened: Opened | undefined
  #written = false
  #beginning = 0

  constructor(fixture: ContractFixture) {
    this.fixture = fixture
  }

  async sealedDisk(): Promise<string> {
    return (await this.fixture.specify()).source.disk
  }

  /** A machine that is off: as it was made, or with a file that its guest has got (`MADE`). */
  async reach(state: 'new' | 'written'): Promise<Opened> {
    const { fixture } = this
    if (this.#opened === undefined || this.#beginning !== fixture.beginning) {
      this.#beginning = fixture.beginning
      this.#written = false
      const machine = await fixture.create()
      this.#opened = { machine, watch: new SignalWatch(machine) }
    }
    if (state === 'written' && !this.#written) await this.write()
    return this.#opened
  }

  /** Starts the machine, gives its guest the file, and shuts it down. */
  async write(): Promise<void> {
    const { fixture } = this
    const { machine } = await this.reach('new')
    await machine.start(fixture.context())
    const channel = await machine.connect(fixture.context())
    const local = `${await fixture.folder('small')}/file`
    await writeFile(local, 'before')
    await channel.push(local, fixture.options.guest.path(MADE), fixture.context())
    await machine.stop('guest', fixture.context())
    this.#written = true
  }
}

function describePowerOff(api: TestApi, off: OffMachine): void {
  const { fixture } = off
  const { bootMs } = fixture.options
  fixture.it(
    api,
    'is asked to shut down, and resolves when it is off',
    async () => {
      const { machine, watch } = await off.reach('new')
      await off.write()
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

function describeOfflineDisk(api: TestApi, off: OffMachine): void {
  const { fixture } = off
  const { guest, bootMs } = fixture.options
  const [made, missing, added] = [
    guest.path(MADE),
    guest.path('never made'),
    guest.path('new folder/added later'),
  ]
  const folder = made.slice(0, Math.max(made.lastIndexOf('/'), made.lastIndexOf('\\')))

  fixture.it(
    api,
    'has a disk that can be read and listed without the guest',
    async () => {
      const { offlineDisk } = (await off.reach('written')).machine
      if (offlineDisk === undefined) return
      const local = await offlineDisk.read(
        [made, missing],
        await fixture.folder('offline'),
        fixture.context(),
      )
      assert.deepEqual([...local.keys()], [made])
      assert.equal(await readFile(local.get(made) ?? '', 'utf8'), 'before')
      assert.ok((await offlineDisk.list(folder, fixture.context()))?.includes(MADE))
      assert.equal(await offlineDisk.list(missing, fixture.context()), undefined)
    },
    bootMs,
  )

  fixture.it(
    api,
    'starts from the disk as it was changed, which no other process may touch while it runs',
    async () => {
      const { machine } = await off.reach('written')
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

function describeSafeStart(api: TestApi, off: OffMachine): void {
  const { fixture } = off
  const { guest, bootMs } = fixture.options
  fixture.it(
    api,
    'starts safely, and ordinarily after the next restart',
    async () => {
      const { machine, watch } = await off.reach('written')
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
