/** What a channel into a running guest must do. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DeadlineError } from '../../kit/deadline.ts'
import { AppError } from '../../model/errors.ts'
import { ChannelLost, type Channel } from '../channel.ts'
import type { ContractFixture } from './contract-fixture.ts'
import type { TestApi } from './test-api.ts'

/** Names that break whatever builds a line for a shell. */
const HOSTILE_NAMES = [
  'plain',
  'two words',
  "quote'd",
  'dollar $(reboot) `reboot`',
  'ünïcødé 漢字',
  '-rf',
  'a;b&c|d',
]
/** Every byte value, a long run of newlines, and the agents' own delimiters. */
const HOSTILE_BYTES = Buffer.concat([
  Buffer.from(Array.from({ length: 256 }, (_, value) => value)),
  Buffer.alloc(5000, '\n'),
  Buffer.from([0xff, 0xff, 0x00]),
  Buffer.from('{"return": {}}\r\n]]>\u001b[2J'),
])

/** The channel of the machine; of another one, after a try that failed. */
type Open = () => Promise<Channel>

/** Tests of one machine that is started once. */
export function describeChannel(api: TestApi, fixture: ContractFixture): void {
  let opened: { readonly channel: Channel; readonly beginning: number } | undefined
  const open: Open = async () => {
    if (opened?.beginning !== fixture.beginning) {
      const { beginning } = fixture
      const machine = await fixture.create()
      await machine.start(fixture.context())
      opened = { channel: await machine.connect(fixture.context()), beginning }
    }
    return opened.channel
  }

  api.beforeAll(async () => void (await open()), fixture.options.bootMs * 2)
  describePrograms(api, fixture, open)
  describeEnds(api, fixture, open)
  describeFiles(api, fixture, open)
  describeClose(api, fixture, open)
}

function describePrograms(api: TestApi, fixture: ContractFixture, open: Open): void {
  const { guest, bootMs } = fixture.options
  const run: Channel['exec'] = async (...request) => await (await open()).exec(...request)

  fixture.it(
    api,
    'hands over both streams and the exit code apart, and a non-zero code is no error',
    async () => {
      const result = await run(guest.say('out text', 'err text', 7), fixture.context())
      assert.equal(result.exitCode, 7)
      assert.equal(result.stdout.toString('utf8'), 'out text')
      assert.equal(result.stderr.toString('utf8'), 'err text')
      assert.equal(result.truncated, false)
    },
    bootMs,
  )

  fixture.it(
    api,
    'passes hostile arguments as they are',
    async () => {
      for (const text of HOSTILE_NAMES) {
        const result = await run(guest.say(text, '', 0), fixture.context())
        assert.equal(result.stdout.toString('utf8'), text)
      }
    },
    bootMs,
  )

  fixture.it(
    api,
    'passes standard input and the environment',
    async () => {
      const input = `line one\nläst line "quoted" $HOME\n`
      const result = await run(
        { ...guest.copyInput, input, environment: { RINGZERO_X: 'a b' } },
        fixture.context(),
      )
      assert.equal(result.stdout.toString('utf8'), input)
    },
    bootMs,
  )

  fixture.it(
    api,
    'cuts output at the limit and says so',
    async () => {
      const result = await run({ ...guest.flood(300_000), maximumBytes: 1000 }, fixture.context())
      assert.equal(result.stdout.length, 1000)
      assert.equal(result.truncated, true)
    },
    bootMs,
  )
}

function describeEnds(api: TestApi, fixture: ContractFixture, open: Open): void {
  const { guest, bootMs } = fixture.options
  const run: Channel['exec'] = async (...request) => await (await open()).exec(...request)

  fixture.it(
    api,
    'ends at the deadline with DeadlineError and works afterwards',
    async () => {
      await assert.rejects(run(guest.sleep(60), fixture.context(1500)), DeadlineError)
      const result = await run(guest.say('still here', '', 0), fixture.context())
      assert.equal(result.stdout.toString('utf8'), 'still here')
    },
    bootMs,
  )

  fixture.it(
    api,
    'stops soon when the caller gives up',
    async () => {
      const caller = new AbortController()
      const reason = new Error('given up')
      const running = run(guest.sleep(60), { ...fixture.context(), signal: caller.signal })
      caller.abort(reason)
      await assert.rejects(running, reason)
      assert.equal((await run(guest.say('', '', 3), fixture.context())).exitCode, 3)
    },
    bootMs,
  )
}

function describeFiles(api: TestApi, fixture: ContractFixture, open: Open): void {
  const { guest, bootMs } = fixture.options

  fixture.it(
    api,
    'brings files in and out byte for byte, making their folder',
    async () => {
      const folder = await fixture.folder('files')
      const [local, back] = [join(folder, 'local'), join(folder, 'back')]
      const contents = [HOSTILE_BYTES, Buffer.alloc(0), randomBytes(200_000)]
      for (const [index, name] of HOSTILE_NAMES.entries()) {
        const content = contents[index % contents.length] ?? HOSTILE_BYTES
        const guestPath = guest.path(`contract ${index}/${name}`)
        await writeFile(local, content)
        await (await open()).push(local, guestPath, fixture.context())
        assert.deepEqual(await (await open()).pull(guestPath, back, fixture.context()), { truncated: false })
        assert.ok((await readFile(back)).equals(content), `${name} came back changed`)
      }
    },
    bootMs,
  )

  fixture.it(
    api,
    'cuts a file at the limit and says so',
    async () => {
      const folder = await fixture.folder('cut')
      await writeFile(join(folder, 'local'), HOSTILE_BYTES)
      await (await open()).push(join(folder, 'local'), guest.path('cut-me'), fixture.context())
      const result = await (
        await open()
      ).pull(guest.path('cut-me'), join(folder, 'back'), fixture.context(), 100)
      assert.deepEqual(result, { truncated: true })
      assert.ok((await readFile(join(folder, 'back'))).equals(HOSTILE_BYTES.subarray(0, 100)))
    },
    bootMs,
  )

  fixture.it(
    api,
    'names a file that is not there',
    async () => {
      const folder = await fixture.folder('missing')
      await assert.rejects(
        (await open()).pull(guest.path('there is no such file'), join(folder, 'x'), fixture.context()),
        (error) => error instanceof AppError && error.code === 'GUEST_FILE_MISSING',
      )
    },
    bootMs,
  )
}

function describeClose(api: TestApi, fixture: ContractFixture, open: Open): void {
  const { guest, bootMs } = fixture.options
  const run: Channel['exec'] = async (...request) => await (await open()).exec(...request)

  fixture.it(
    api,
    'serves calls made at the same time',
    async () => {
      const results = await Promise.all(
        [1, 2, 3, 4].map(
          async (number) => await run(guest.say(`call ${number}`, '', number), fixture.context()),
        ),
      )
      assert.deepEqual(
        results.map((result) => [result.stdout.toString('utf8'), result.exitCode]),
        [1, 2, 3, 4].map((number) => [`call ${number}`, number]),
      )
    },
    bootMs,
  )

  fixture.it(
    api,
    'is dead after close',
    async () => {
      await (await open()).close()
      await assert.rejects(run(guest.say('', '', 0), fixture.context()), ChannelLost)
    },
    bootMs,
  )
}
