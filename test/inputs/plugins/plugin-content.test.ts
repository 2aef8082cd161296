/** What a plugin looks with is part of a control's key: a stricter check is not compared with what the old one saw. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadPlugins } from '../../../src/inputs/plugins/load-plugins.ts'
import { openPlanInputs } from '../../../src/app/plan-files.ts'
import { planMatrix } from '../../../src/app/plan-matrix.ts'
import { workingContext } from '../../../src/app/working-context.ts'
import { builtIn } from '../../../src/plugins/built-in.ts'
import { needsSymbolicLinks } from '../../windows-host/not-on-windows.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringzero-plugin-content-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}
const CHECK = `{ id: 'acme/a', title: 't', moments: ['baseline'], os: ['linux'], run: async () => [] }`
const PLUGIN = `export default { name: 'acme', apiVersion: 1, checks: [${CHECK}], configure() { return this } }`

async function contentOf(module: string, options?: Record<string, number>): Promise<string | undefined> {
  const plugins = [{ module, ...(options === undefined ? {} : { options }) }]
  const loaded = await loadPlugins({ file: join(folder, 'lab.yaml'), folder, plugins }, builtIn)
  return loaded.contents[0]?.sha256
}

describe('the content of a plugin', () => {
  it('is that of all files of its package, wherever it is installed', needsSymbolicLinks(), async () => {
    write('acme/package.json', '{ "version": "1.0.0", "type": "module", "main": "index.js" }')
    write('acme/index.js', PLUGIN)
    write('acme/limits.json', '{ "queue": 10 }')
    const before = await contentOf('./acme')
    expect(await contentOf('./acme')).toBe(before)
    mkdirSync(join(folder, 'node_modules'))
    symlinkSync(join(folder, 'acme'), join(folder, 'node_modules/acme'))
    expect(await contentOf('acme')).toBe(before)
    write('acme/limits.json', '{ "queue": 3 }')
    expect(await contentOf('./acme')).not.toBe(before)
    write('acme/limits.json', '{ "queue": 10 }')
    write('acme/package.json', '{ "version": "1.0.1", "type": "module", "main": "index.js" }')
    expect(await contentOf('./acme')).not.toBe(before)
  })

  it('is that of the file and what it imports where it is no package, and not of the lab around it', async () => {
    write('acme.js', `import { limit } from './lib/limit.js'\n${PLUGIN}\nexport { limit }`)
    write('lib/limit.js', `// import './gone.js'\nexport * from "../deep.js"`)
    write('deep.js', 'export const limit = 10')
    const before = await contentOf('./acme.js')
    write('lab.yaml', 'version: 1')
    expect(await contentOf('./acme.js')).toBe(before)
    write('deep.js', 'export const limit = 3')
    expect(await contentOf('./acme.js')).not.toBe(before)
  })

  it('changes with its options', async () => {
    write('acme.js', PLUGIN)
    const contents = [undefined, { limit: 10 }, { limit: 3 }].map((options) =>
      contentOf('./acme.js', options),
    )
    expect(new Set(await Promise.all(contents)).size).toBe(3)
  })

  it('is of no interest where it only reports', async () => {
    write('acme.js', `export default { name: 'acme', apiVersion: 1, reporters: [{ name: 'acme/mail' }] }`)
    expect(await contentOf('./acme.js')).toBeUndefined()
  })
})

describe('a plan', () => {
  async function planned(): Promise<{ readonly ids: string[]; readonly controls: string[] }> {
    write('lab.yaml', JSON.stringify(LAB))
    write('matrix.yaml', JSON.stringify(MATRIX))
    const files = { matrix: join(folder, 'matrix.yaml'), lab: join(folder, 'lab.yaml') }
    const ctx = workingContext(new AbortController().signal)
    const room = await openPlanInputs({ ...files, seed: 1, effort: 0, isolate: 0 }, ctx)
    const { cells } = await planMatrix(room.request)
    return { ids: cells.map(({ id }) => id), controls: cells.map(({ controlKey }) => controlKey) }
  }
  const LAB = {
    version: 1,
    store: 'store',
    hosts: [{ name: 'a', provider: 'simulated', capacity: { vcpus: 4, memoryMiB: 4096, machines: 1 } }],
    images: [{ id: 'linux', kind: 'linux-micro', os: 'linux' }],
    plugins: [{ module: './acme.js' }],
  }
  const MATRIX = {
    version: 1,
    id: 'm',
    axes: { disk: { values: [{ id: 'virtio' }] } },
    strength: 1,
    defaults: { image: 'linux' },
  }

  it('gives its cells other controls, and no other names, when a check of a plugin was changed', async () => {
    write('acme.js', PLUGIN)
    const before = await planned()
    expect(await planned()).toEqual(before)
    write('acme.js', `${PLUGIN} // stricter`)
    const after = await planned()
    expect(after.ids).toEqual(before.ids)
    expect(after.controls).not.toEqual(before.controls)
  })
})
