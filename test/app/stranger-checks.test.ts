/** A stranger's check, loaded from its own package, keeps the contract; it asks this computer through the Linux guest OS. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as vitest from 'vitest'
import { loadPlugins } from '../../src/inputs/plugins/load-plugins.ts'
import { builtIn } from '../../src/plugins/built-in.ts'
import { linuxGuestOs } from '../../src/plugins/guests/linux/linux-guest-os.ts'
import type { CheckTarget } from '../../src/sdk/check.ts'
import { describeCheckContract } from '../../src/sdk/testing/index.ts'
import { localChannel } from '../stand-ins/local-guest.ts'
import { strangersFolder } from '../stand-ins/strangers.ts'
import { notOnWindows } from '../windows-host/not-on-windows.ts'

const folder = strangersFolder('acme-checks')
vitest.afterAll(() => rmSync(folder, { recursive: true, force: true }))

const spool = join(folder, 'spool')
const fill = (count: number): void => {
  rmSync(spool, { recursive: true, force: true })
  mkdirSync(spool)
  for (let index = 0; index < count; index += 1) writeFileSync(join(spool, `event ${index}`), `${index}`)
}
const plugins = [{ module: './acme-checks', options: { limit: 10, spool } }]
const loaded = await loadPlugins({ file: join(folder, 'lab.yaml'), folder, plugins }, builtIn)
const check = loaded.checks.find(({ id }) => id === 'acme/queue-depth')
if (check === undefined) throw new Error('the check was not loaded')

const target = (): CheckTarget => ({
  guest: localChannel(),
  os: linuxGuestOs,
  secret: (name) => name,
  arm: 'candidate',
  moment: 'baseline',
  phase: 'baseline',
  profile: { cpu: { count: 1 }, memoryMiB: 256 },
  products: [],
  memory: new Map(),
  starts: 1,
  startedAt: Date.now(),
})

vitest.describe('a stranger’s check', notOnWindows('the shell of a Linux guest'), () =>
  describeCheckContract(vitest, {
    check,
    soundTarget: () => {
      fill(10)
      return target()
    },
    brokenTarget: () => {
      fill(11)
      return target()
    },
    unreadableTarget: () => ({
      ...target(),
      guest: {
        ...localChannel(),
        exec: async () => ({
          exitCode: 0,
          stdout: Buffer.from('hello'),
          stderr: Buffer.alloc(0),
          truncated: false,
        }),
      },
    }),
  }),
)
