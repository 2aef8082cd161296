/** Starts, restarts, crashes and hangs of a machine, seen from the host. */
import assert from 'node:assert/strict'
import { DeadlineError } from '../../kit/deadline.ts'
import { ChannelLost, type Channel, type ExecRequest } from '../channel.ts'
import { MACHINE_FACETS, type Machine } from '../provider.ts'
import { SignalWatch, type ContractFixture } from './contract-fixture.ts'
import type { TestApi } from './test-api.ts'

const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
/** A hang must stay silent for so long before it counts as one. */
const SILENCE_MS = 4000

/** Tests of one machine, in the order of its life. */
export function describeMachineLife(api: TestApi, fixture: ContractFixture): void {
  const life = new Life(fixture)
  describeBirth(api, life)
  describeFacets(api, life)
  describeRestarts(api, life)
  describePanic(api, life)
  describeTrouble(api, life)
  describeBootLoop(api, life)
}

type LifeState = 'none' | 'off' | 'answering' | 'silent' | 'looping'

/** The one machine of these tests; after a try that failed it is another one, brought to where the test begins. */
class Life {
  readonly fixture: ContractFixture
  #machine: Machine | undefined
  #watch: SignalWatch | undefined
  #channel: Channel | undefined
  #bootId = ''
  #state: LifeState = 'none'
  #beginning = 0

  constructor(fixture: ContractFixture) {
    this.fixture = fixture
  }

  async begin(): Promise<void> {
    this.#beginning = this.fixture.beginning
    this.#bootId = ''
    this.#machine = await this.fixture.create()
    this.#watch = new SignalWatch(this.#machine)
    this.#state = 'off'
  }

  /** Brings the machine to this state where the test before did not leave it so. */
  async reach(state: 'off' | 'answering' | 'silent' | 'looping'): Promise<void> {
    if (this.#beginning !== this.fixture.beginning) this.#state = 'none'
    if (this.#state === state) return
    if (this.#state === 'none') await this.begin()
    if (state === 'off') return
    await this.machine.start(this.fixture.context())
    await this.reconnect()
    if (state === 'silent') await this.hang()
  }

  /** Says where a test left the machine. */
  left(state: LifeState): void {
    this.#state = state
  }

  async hang(): Promise<void> {
    this.lastWords(this.fixture.options.guest.hang)
    await this.fixture.context().clock.sleep(1000)
  }

  get machine(): Machine {
    if (this.#machine === undefined) throw new Error('the machine was not made')
    return this.#machine
  }

  get watch(): SignalWatch {
    if (this.#watch === undefined) throw new Error('the machine was not made')
    return this.#watch
  }

  get channel(): Channel {
    if (this.#channel === undefined) throw new Error('the machine did not start')
    return this.#channel
  }

  /** Connects to the guest's next life; `sameLife` after a checkpoint. */
  async reconnect(sameLife = false): Promise<void> {
    this.#channel = await this.machine.connect(this.fixture.context())
    const now = await this.bootId()
    assert.equal(now === this.#bootId, sameLife, 'the guest answers from another life than expected')
    this.#bootId = now
  }

  async bootId(): Promise<string> {
    const { bootId } = this.fixture.options.guest
    return (await this.channel.exec(bootId, this.fixture.context())).stdout.toString('utf8')
  }

  /** A link that breaks under the request is what these requests are for. */
  lastWords(request: ExecRequest): void {
    void this.channel.exec(request, this.fixture.context()).catch(() => undefined)
  }
}

function describeBirth(api: TestApi, life: Life): void {
  const { fixture } = life
  const { bootMs } = fixture.options

  fixture.it(
    api,
    'is created off, under its own name',
    async () => {
      await life.begin()
      assert.equal(life.machine.ref.run, fixture.run)
      const listed = await fixture.provider.listMachines(fixture.run, fixture.context())
      assert.deepEqual(
        listed.map((ref) => ref.name),
        [life.machine.ref.name],
      )
      await assert.rejects(life.machine.connect(fixture.context(5000)), ChannelLost)
    },
    bootMs,
  )

  fixture.it(
    api,
    'has exactly the facets that it works with',
    async () => {
      await life.reach('off')
      const { facets } = fixture.provider.capabilities
      for (const facet of MACHINE_FACETS)
        if (life.machine[facet] !== undefined)
          assert.ok(facets.includes(facet), `${facet} is not among the capabilities`)
    },
    bootMs,
  )

  fixture.it(
    api,
    'starts, says so, and answers',
    async () => {
      await life.reach('off')
      await life.machine.start(fixture.context())
      await life.reconnect()
      life.left('answering')
      assert.deepEqual(
        life.watch.of('power').map(({ state, cause }) => [state, cause]),
        [['running', 'asked']],
      )
      assert.equal(life.watch.of('reset').length, 0)
      assert.equal(life.watch.of('crash').length, 0)
    },
    bootMs * 2,
  )
}

function describeFacets(api: TestApi, life: Life): void {
  const { fixture } = life
  const { bootMs } = fixture.options

  fixture.it(
    api,
    'shows its screen as PNG and its serial line as text',
    async () => {
      await life.reach('answering')
      if (life.machine.screen !== undefined) {
        const picture = await life.machine.screen.capture(fixture.context())
        assert.ok(picture.subarray(0, 8).equals(PNG_SIGNATURE))
      }
      if (life.machine.serial !== undefined) {
        const tail = await life.machine.serial.tail(64)
        assert.ok(tail.length > 0 && tail.length <= 64, `${tail.length} bytes of serial text`)
      }
    },
    bootMs,
  )
}

function describeRestarts(api: TestApi, life: Life): void {
  const { fixture } = life
  const { guest, bootMs } = fixture.options

  fixture.it(
    api,
    'counts a restart that was asked for as exactly one',
    async () => {
      await life.reach('answering')
      const mark = life.watch.mark()
      life.machine.expectRestart()
      const old = life.channel
      life.lastWords(guest.restart)
      await life.watch.until('the reset', fixture.context(), () => life.watch.of('reset', mark).length > 0)
      await assert.rejects(old.exec(guest.bootId, fixture.context()), ChannelLost)
      await life.reconnect()
      assert.deepEqual(
        life.watch.of('reset', mark).map(({ asked }) => asked),
        [true],
      )
      assert.equal(life.watch.of('crash', mark).length, 0)
    },
    bootMs * 2,
  )

  fixture.it(
    api,
    'tells a restart that was not asked for',
    async () => {
      await life.reach('answering')
      const mark = life.watch.mark()
      life.lastWords(guest.restart)
      await life.watch.until('the reset', fixture.context(), () => life.watch.of('reset', mark).length > 0)
      await life.reconnect()
      assert.deepEqual(
        life.watch.of('reset', mark).map(({ asked }) => asked),
        [false],
      )
    },
    bootMs * 2,
  )
}

function describePanic(api: TestApi, life: Life): void {
  const { fixture } = life
  const { guest, bootMs } = fixture.options

  fixture.it(
    api,
    'tells a panic before its restart, which was not asked for',
    async () => {
      await life.reach('answering')
      const mark = life.watch.mark()
      life.machine.expectRestart()
      life.lastWords(guest.panic)
      await life.watch.until('the crash', fixture.context(), () => life.watch.of('crash', mark).length > 0)
      await life.watch.until('the reset', fixture.context(), () => life.watch.of('reset', mark).length > 0)
      const order = life.watch.seen.slice(mark).map(({ kind }) => kind)
      assert.ok(order.indexOf('crash') < order.indexOf('reset'), order.join(', '))
      await life.reconnect()
      assert.equal(life.watch.of('crash', mark).length, 1)
      assert.deepEqual(
        life.watch.of('reset', mark).map(({ asked }) => asked),
        [false],
      )
      if (life.machine.screen?.lastCrash !== undefined) {
        const picture = await life.machine.screen.lastCrash()
        assert.ok(picture?.subarray(0, 8).equals(PNG_SIGNATURE), 'no picture of the panic')
      }
    },
    bootMs * 2,
  )
}

function describeTrouble(api: TestApi, life: Life): void {
  const { fixture } = life
  const { guest, bootMs } = fixture.options

  fixture.it(
    api,
    'shows a hang as silence: running, no crash, no restart, no answer',
    async () => {
      await life.reach('answering')
      const mark = life.watch.mark()
      await life.hang()
      life.left('silent')
      await assert.rejects(
        life.channel.exec(guest.bootId, fixture.context(SILENCE_MS)),
        (error) => error instanceof DeadlineError || error instanceof ChannelLost,
      )
      await assert.rejects(life.machine.connect(fixture.context(SILENCE_MS)), DeadlineError)
      assert.deepEqual(life.watch.of('crash', mark), [])
      assert.deepEqual(life.watch.of('reset', mark), [])
      assert.deepEqual(life.watch.of('power', mark), [])
      if (life.machine.screen !== undefined) await life.machine.screen.capture(fixture.context())
    },
    bootMs,
  )

  fixture.it(
    api,
    'is brought back by a power cycle, which is no restart of the guest',
    async () => {
      await life.reach('silent')
      const mark = life.watch.mark()
      await life.machine.stop('power', fixture.context())
      await life.machine.start(fixture.context())
      await life.reconnect()
      life.left('answering')
      assert.deepEqual(
        life.watch.of('power', mark).map(({ state, cause }) => [state, cause]),
        [
          ['off', 'asked'],
          ['running', 'asked'],
        ],
      )
      assert.deepEqual(life.watch.of('reset', mark), [])
    },
    bootMs * 2,
  )
}

function describeBootLoop(api: TestApi, life: Life): void {
  const { fixture } = life
  const { guest, bootMs } = fixture.options

  fixture.it(
    api,
    'counts a boot loop from the host',
    async () => {
      await life.reach('answering')
      const mark = life.watch.mark()
      assert.equal((await life.channel.exec(guest.panicAtEveryStart, fixture.context())).exitCode, 0)
      await life.channel.exec(guest.sync, fixture.context())
      life.lastWords(guest.restart)
      const enough = (): boolean =>
        life.watch.of('crash', mark).length >= 3 && life.watch.of('reset', mark).length >= 3
      await life.watch.until('three crashes and restarts', fixture.context(bootMs * 2), enough)
      const kinds = life.watch.seen
        .slice(mark)
        .flatMap(({ kind }) => (kind === 'crash' || kind === 'reset' ? [kind] : []))
      // The first restart was the orderly one; from then on each crash is followed by one restart.
      assert.deepEqual(kinds.slice(0, 5), ['reset', 'crash', 'reset', 'crash', 'reset'])
      life.left('looping')
    },
    bootMs * 3,
  )

  fixture.it(
    api,
    'is destroyed while it runs, leaves nothing, and may be destroyed again',
    async () => {
      await life.reach('looping')
      await life.machine.destroy(fixture.context())
      await life.machine.destroy(fixture.context())
      await life.watch.until('the end of the signals', fixture.context(), () => life.watch.ended)
      const left = await fixture.provider.listMachines('any', fixture.context())
      assert.ok(!left.some(({ run }) => run === fixture.run), 'the machine is still listed')
      await assert.rejects(life.machine.start(fixture.context()))
    },
    bootMs,
  )
}
