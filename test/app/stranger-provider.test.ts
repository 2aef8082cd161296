/** A stranger's provider, loaded from its own package, keeps the contract that the shipped ones keep. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as vitest from 'vitest'
import { loadPlugins } from '../../src/inputs/plugins/load-plugins.ts'
import { builtIn } from '../../src/plugins/built-in.ts'
import type { Provider } from '../../src/sdk/provider.ts'
import { describeProviderContract, type ProviderContractOptions } from '../../src/sdk/testing/index.ts'
import { failingFirstTries } from '../stand-ins/failing-first-tries.ts'
import { strangersFolder } from '../stand-ins/strangers.ts'
import { notOnWindows } from '../windows-host/not-on-windows.ts'

const folder = strangersFolder('acme-provider')
vitest.afterAll(() => rmSync(folder, { recursive: true, force: true }))

const lab = { file: join(folder, 'lab.yaml'), folder, plugins: [{ module: './acme-provider' }] }
const factory = (await loadPlugins(lab, builtIn)).providers.get('acme-cloud')
if (factory === undefined) throw new Error('the provider was not loaded')

writeFileSync(join(folder, 'disk.json'), '{}')
const creatorModule = join(folder, 'creator.js')
writeFileSync(
  creatorModule,
  `import plugin from './acme-provider/index.js'
   export const open = (stateFolder) => plugin.providers[0].open({ name: 'host', options: {}, stateFolder, secret: String })`,
)
const source = {
  sha256: 'a'.repeat(64),
  os: 'linux' as const,
  disk: join(folder, 'disk.json'),
  diskFormat: 'raw' as const,
}
const run = (program: string, ...words: string[]) => ({ program, arguments: words })

const options: ProviderContractOptions = {
  provider: 'acme-cloud',
  open: (stateFolder) => factory.open({ name: 'host', options: {}, stateFolder, secret: (name) => name }),
  source: async () => source,
  brokenSource: { ...source, disk: join(folder, 'no-such-disk.json') },
  profile: { cpu: { count: 1 }, memoryMiB: 64 },
  refused: { tpm: '2.0' },
  bootMs: 20_000,
  creatorModule,
  guest: {
    say: (out, err, exitCode) => run('say', out, err, String(exitCode)),
    copyInput: run('cat'),
    flood: (bytes) => run('flood', String(bytes)),
    sleep: (seconds) => run('sleep', String(seconds)),
    path: (name) => `/data/${name}`,
    bootId: run('boot-id'),
    sync: run('sync'),
    restart: run('restart'),
    panic: run('panic'),
    panicAtEveryStart: run('panic-at-every-start'),
    hang: run('hang'),
  },
}

vitest.describe('a stranger’s provider', notOnWindows('unix sockets'), () =>
  describeProviderContract(vitest, options),
)

vitest.describe('a contract whose every test breaks in its middle', notOnWindows('unix sockets'), () => {
  const { api, wrap, failed } = failingFirstTries(vitest)
  const open = async (stateFolder: string): Promise<Provider> => wrap(await options.open(stateFolder))
  describeProviderContract(api, { ...options, open })
  vitest.it('was tried again', () => vitest.expect(failed()).toBeGreaterThan(10))
})
