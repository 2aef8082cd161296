/** Machines that are saved whole while they run, and machines that go on from there. */
import assert from 'node:assert/strict'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { sha256File } from '../../kit/hash.ts'
import { AppError } from '../../model/errors.ts'
import type { Channel } from '../channel.ts'
import type { Machine, MachineSpec, SavedState } from '../provider.ts'
import { SignalWatch, type ContractFixture } from './contract-fixture.ts'
import type { TestApi } from './test-api.ts'

/** Less than any guest's memory. */
const TORN_BYTES = 100_000

/** Tests of one saved machine, in order; all are empty for a provider without the facet. */
export function describeSavedState(api: TestApi, fixture: ContractFixture): void {
  const story = new Story(fixture)
  describeSave(api, story)
  describeRestore(api, story)
  describeTrouble(api, story)
  describeEnd(api, story)
}

interface Restored {
  readonly machine: Machine
  readonly watch: SignalWatch
}

class Story {
  readonly fixture: ContractFixture
  saved: SavedState | undefined
  bootId = ''
  hashes: readonly string[] = []
  #second: (Restored & { readonly beginning: number }) | undefined

  constructor(fixture: ContractFixture) {
    this.fixture = fixture
  }

  /** A machine that goes on from the saved one, not yet started. */
  async specify(changes: Partial<SavedState> = {}): Promise<MachineSpec> {
    if (this.saved === undefined) throw new Error('nothing was saved')
    return { ...(await this.fixture.specify()), savedState: { ...this.saved, ...changes } }
  }

  async restore(): Promise<Restored> {
    const { fixture } = this
    const machine = fixture.keep(await fixture.provider.create(await this.specify(), fixture.context()))
    const watch = new SignalWatch(machine)
    await machine.start(fixture.context())
    return { machine, watch }
  }

  /** The machine that wrote "the second"; another one, after a try that failed. */
  async second(): Promise<Restored> {
    const { beginning } = this.fixture
    if (this.#second?.beginning !== beginning) {
      const restored = await this.restore()
      await this.write(await restored.machine.connect(this.fixture.context()), 'the second')
      this.keepSecond(restored)
      return restored
    }
    return this.#second
  }

  keepSecond(restored: Restored): void {
    this.#second = { ...restored, beginning: this.fixture.beginning }
  }

  async bootIdOf(channel: Channel): Promise<string> {
    const { bootId } = this.fixture.options.guest
    return (await channel.exec(bootId, this.fixture.context())).stdout.toString('utf8')
  }

  /** A copy of the saved machine whose memory ends too early. */
  async tear(): Promise<Partial<SavedState>> {
    const { saved } = this
    if (saved === undefined) throw new Error('nothing was saved')
    const folder = await this.fixture.folder('torn')
    const placeOf = (path: string): string => join(folder, relative(dirname(saved.disk), path))
    for (const path of [saved.memory, ...(saved.further ?? [])]) {
      await mkdir(dirname(placeOf(path)), { recursive: true })
      const whole = await readFile(path)
      await writeFile(placeOf(path), path === saved.memory ? whole.subarray(0, TORN_BYTES) : whole)
    }
    return { memory: placeOf(saved.memory), further: (saved.further ?? []).map(placeOf) }
  }

  /** Writes a file of the guest, or reads it. */
  async write(channel: Channel, text: string): Promise<void> {
    const local = join(await this.fixture.folder('saved-state'), 'local')
    await writeFile(local, text)
    await channel.push(local, this.guestPath, this.fixture.context())
  }

  async read(channel: Channel): Promise<string> {
    const local = join(await this.fixture.folder('saved-state'), 'back')
    await channel.pull(this.guestPath, local, this.fixture.context())
    return await readFile(local, 'utf8')
  }

  async hashFiles(): Promise<readonly string[]> {
    const { saved } = this
    if (saved === undefined) return []
    return await Promise.all([saved.disk, saved.memory, ...(saved.further ?? [])].map(sha256File))
  }

  get guestPath(): string {
    return this.fixture.options.guest.path('saved state')
  }
}

function describeSave(api: TestApi, story: Story): void {
  const { fixture } = story
  const { bootMs } = fixture.options

  fixture.it(
    api,
    'is saved while it runs, and is over then',
    async () => {
      const machine = await fixture.create()
      const watch = new SignalWatch(machine)
      if (machine.savable === undefined) return
      assert.ok(fixture.provider.savedStates !== undefined, 'the provider says nothing of saved machines')
      assert.deepEqual(
        fixture.provider.savedStates.refuse(fixture.options.profile, 'windows'),
        [],
        'a machine with the facet is of a profile that is not refused',
      )
      await machine.start(fixture.context())
      const channel = await machine.connect(fixture.context())
      story.bootId = await story.bootIdOf(channel)
      await story.write(channel, 'before the save')
      const folder = await fixture.folder('saved')
      story.saved = await machine.savable.save(folder, fixture.context())
      story.hashes = await story.hashFiles()
      for (const path of [story.saved.disk, story.saved.memory, ...(story.saved.further ?? [])]) {
        assert.ok(path.startsWith(`${folder}/`) || path.startsWith(`${folder}\\`), `${path} is elsewhere`)
        assert.equal((await stat(path)).mode & 0o222, 0, `${path} can be written`)
      }
      // On its way off it may be seen saved.
      const power = watch.of('power').filter(({ state }) => state !== 'saved')
      assert.deepEqual(
        power.map(({ state, cause }) => [state, cause]),
        [
          ['running', 'asked'],
          ['off', 'asked'],
        ],
      )
      assert.deepEqual(watch.of('host-fault'), [])
      await assert.rejects(machine.start(fixture.context()))
      await machine.destroy(fixture.context())
    },
    bootMs * 2,
  )

  fixture.it(
    api,
    'is named by what it was saved under, by the same name for the same machine',
    async () => {
      const { savedStates } = fixture.provider
      if (savedStates === undefined) return
      const name = await savedStates.identity(await fixture.specify(), fixture.context())
      assert.notEqual(name, '')
      assert.equal(await savedStates.identity(await fixture.specify(), fixture.context()), name)
    },
    bootMs,
  )
}

function describeRestore(api: TestApi, story: Story): void {
  const { fixture } = story
  const { guest, bootMs } = fixture.options

  fixture.it(
    api,
    'goes on in two machines side by side: the same life, each with its own disk',
    async () => {
      if (story.saved === undefined) return
      const [first, second] = [await story.restore(), await story.restore()]
      const [one, two] = [
        await first.machine.connect(fixture.context()),
        await second.machine.connect(fixture.context()),
      ]
      for (const [{ watch }, channel] of [
        [first, one],
        [second, two],
      ] as const) {
        assert.equal(await story.bootIdOf(channel), story.bootId)
        assert.equal(await story.read(channel), 'before the save')
        assert.deepEqual(
          watch.of('power').map(({ state, cause }) => [state, cause]),
          [['running', 'asked']],
        )
        assert.deepEqual([...watch.of('reset'), ...watch.of('crash'), ...watch.of('host-fault')], [])
      }
      await story.write(one, 'the first')
      await story.write(two, 'the second')
      assert.equal(await story.read(one), 'the first')
      await first.machine.destroy(fixture.context())
      assert.equal(await story.read(two), 'the second')
      story.keepSecond(second)
    },
    bootMs * 3,
  )

  fixture.it(
    api,
    'restarts like every machine, on the disk as it left it',
    async () => {
      if (story.saved === undefined) return
      const { machine, watch } = await story.second()
      const channel = await machine.connect(fixture.context())
      const mark = watch.mark()
      await channel.exec(guest.sync, fixture.context())
      machine.expectRestart()
      void channel.exec(guest.restart, fixture.context()).catch(() => undefined)
      await watch.until('the reset', fixture.context(), () => watch.of('reset', mark).length > 0)
      const again = await machine.connect(fixture.context())
      assert.notEqual(await story.bootIdOf(again), story.bootId)
      assert.equal(await story.read(again), 'the second')
      assert.deepEqual(
        watch.of('reset', mark).map(({ asked }) => asked),
        [true],
      )
      assert.deepEqual([...watch.of('crash', mark), ...watch.of('host-fault', mark)], [])
      await machine.destroy(fixture.context())
    },
    bootMs * 2,
  )
}

function describeTrouble(api: TestApi, story: Story): void {
  const { fixture } = story
  const { guest, bootMs } = fixture.options

  fixture.it(
    api,
    'shows a panic right after it was restored, and boots when it is switched on again',
    async () => {
      if (story.saved === undefined) return
      const { machine, watch } = await story.restore()
      const channel = await machine.connect(fixture.context())
      void channel.exec(guest.panic, fixture.context()).catch(() => undefined)
      await watch.until('the reset', fixture.context(), () => watch.of('reset').length > 0)
      assert.equal(watch.of('crash').length, 1)
      assert.deepEqual(
        watch.of('reset').map(({ asked }) => asked),
        [false],
      )
      await machine.connect(fixture.context())
      await machine.stop('power', fixture.context())
      await machine.start(fixture.context())
      const booted = await machine.connect(fixture.context())
      assert.notEqual(await story.bootIdOf(booted), story.bootId, 'it went on from its saved state twice')
      await machine.destroy(fixture.context())
    },
    bootMs * 3,
  )
}

function describeEnd(api: TestApi, story: Story): void {
  const { fixture } = story
  const { bootMs } = fixture.options

  fixture.it(
    api,
    'is destroyed like every machine before it went on',
    async () => {
      if (story.saved === undefined) return
      const machine = fixture.keep(await fixture.provider.create(await story.specify(), fixture.context()))
      await machine.destroy(fixture.context())
      const left = await fixture.provider.listMachines('any', fixture.context())
      assert.ok(!left.some(({ name }) => name === machine.ref.name), 'the machine is still listed')
    },
    bootMs,
  )

  fixture.it(
    api,
    'is the host’s fault when it cannot be restored, and leaves nothing',
    async () => {
      if (story.saved === undefined) return
      const torn = await story.tear()
      let name = ''
      await assert.rejects(
        (async () => {
          const machine = fixture.keep(
            await fixture.provider.create(await story.specify(torn), fixture.context()),
          )
          name = machine.ref.name
          await machine.start(fixture.context())
        })(),
        (error) => error instanceof AppError && error.fault === 'host',
      )
      // Not within the rejection: that a torn machine cannot be destroyed would pass for the fault that is expected here.
      for (const ref of await fixture.provider.listMachines(fixture.run, fixture.context()))
        if (ref.name === name)
          await (await fixture.provider.adopt(ref, fixture.context()))?.destroy(fixture.context())
      const left = await fixture.provider.listMachines('any', fixture.context())
      assert.ok(!left.some((ref) => ref.name === name), 'the machine is still listed')
    },
    bootMs,
  )

  fixture.it(
    api,
    'was never changed by the machines that went on from it',
    async () => {
      if (story.saved === undefined) return
      assert.deepEqual(await story.hashFiles(), story.hashes)
      const left = await fixture.provider.listMachines('any', fixture.context())
      assert.ok(!left.some(({ run }) => run === fixture.run), 'a machine is still listed')
    },
    bootMs,
  )
}
