import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadPlugins } from '../../../src/inputs/plugins/load-plugins.ts'
import { sha256 } from '../../../src/kit/hash.ts'
import { AppError } from '../../../src/model/errors.ts'
import { builtIn } from '../../../src/plugins/built-in.ts'
import { strangersFolder } from '../../stand-ins/strangers.ts'

const fixtures = resolve(import.meta.dirname, '../../../fixtures/plugins')
let folder = ''

beforeAll(() => {
  folder = strangersFolder('acme-checks')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function write(path: string, text: string): string {
  const full = join(folder, path)
  mkdirSync(dirname(full), { recursive: true })
  writeFileSync(full, text)
  return `./${path}`
}

const load = (...plugins: { module: string; options?: Record<string, string | number> }[]) =>
  loadPlugins({ file: join(folder, 'lab.yaml'), folder, plugins }, builtIn)

async function refused(...plugins: { module: string; options?: Record<string, string | number> }[]) {
  const thrown = await load(...plugins).then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(thrown).toBeInstanceOf(AppError)
  return (thrown as AppError).toRecord()
}

const plugin = (body: string) => `export default { name: 'acme', apiVersion: 1, ${body} }`
const check = (id: string, more = '') =>
  `{ id: '${id}', title: 't', moments: ['baseline'], os: ['linux'], run: async () => []${more} }`

describe('a stranger’s plugin', () => {
  it('is loaded with its checks and collectors behind what ships', async () => {
    const loaded = await load({ module: './acme-checks' })
    expect(loaded.checks.map(({ id }) => id)).toEqual([
      ...(builtIn.checks ?? []).map(({ id }) => id),
      'acme/queue-depth',
    ])
    expect(loaded.collectors[0]?.id).toBe('acme/spool')
  })

  it('is found as an installed package, too', async () => {
    cpSync(join(fixtures, 'acme-checks'), join(folder, 'node_modules/ringzero-plugin-acme'), {
      recursive: true,
    })
    const loaded = await load({ module: 'ringzero-plugin-acme' })
    expect(loaded.checks.some(({ id }) => id === 'acme/queue-depth')).toBe(true)
  })

  it('gets its options, and what it says about a wrong one is the user’s to fix', async () => {
    expect((await load({ module: './acme-checks', options: { limit: 3 } })).checks.at(-1)?.id).toBe(
      'acme/queue-depth',
    )
    expect(await refused({ module: './acme-checks', options: { limit: -3 } })).toMatchObject({
      code: 'ACME_LIMIT',
      fault: 'user',
    })
  })

  it('may keep its methods in a class', async () => {
    const module = write(
      'classy.js',
      `class Depth { id = 'acme/depth'; title = 't'; moments = ['baseline']; os = ['linux']; run() { return this.id } }
       export default { name: 'acme', apiVersion: 1, checks: [new Depth()] }`,
    )
    const loaded = await load({ module })
    expect(await loaded.checks.at(-1)?.run({} as never, {} as never)).toBe('acme/depth')
  })
})

describe('a plugin that cannot be used', () => {
  it('because there is none says where to look', async () => {
    expect(await refused({ module: './no-such.js' })).toMatchObject({
      code: 'PLUGIN_MISSING',
      fault: 'user',
      where: { field: 'plugins[0].module' },
      hint: 'check the path; it is read relative to lab.yaml',
    })
    expect((await refused({ module: 'no-such-package' })).hint).toContain('npm install no-such-package')
    expect((await refused({ module: '..' })).code).toBe('PLUGIN_MISSING')
  })

  it('because it throws while loading is its own fault', async () => {
    const module = write('throws.js', `throw new Error('cannot find my licence')`)
    expect(await refused({ module })).toMatchObject({
      code: 'PLUGIN_BROKEN',
      fault: 'plugin',
      message: `plugin "${module}" cannot be loaded: cannot find my licence`,
    })
  })

  it('because it is no JavaScript is its own fault', async () => {
    expect((await refused({ module: write('broken.js', 'export default {') })).code).toBe('PLUGIN_BROKEN')
  })

  it('because it exports none is told how to write one', async () => {
    const record = await refused({ module: write('empty.js', 'export const plugin = 1') })
    expect(record).toMatchObject({ code: 'PLUGIN_INVALID', fault: 'plugin' })
    expect(record.hint).toContain('definePlugin')
  })

  it('because it is for another version of the contract says which', async () => {
    const module = write('next.js', `export default { name: 'acme', apiVersion: 2, checks: 'a new form' }`)
    expect(await refused({ module })).toMatchObject({
      code: 'PLUGIN_VERSION',
      hint: expect.stringContaining('update ringzero') as string,
    })
  })

  it('is told everything that is wrong at once, with near spellings', async () => {
    const module = write(
      'wrong.js',
      `export default { name: 'acme', apiVersion: 1,
        checks: [{ id: 'acme/a', title: 't', moments: ['start', 'after-restrat'], os: ['linux'] }],
        collectors: [{ id: 'acme/c', when: 'allways', collect() {} }] }`,
    )
    const { problems = [] } = await refused({ module })
    expect(problems.map(({ message, hint }) => `${message} (${hint})`)).toEqual([
      'checks[0].moments[0]: "start" is not allowed here (use one of: baseline, after-install, after-restart, after-soak, after-rollback)',
      'checks[0].moments[1]: "after-restrat" is not allowed here (did you mean "after-restart"? (baseline, after-install, after-restart, after-soak, after-rollback))',
      'checks[0].run: is missing (write a function)',
      'collectors[0].when: "allways" is not allowed here (did you mean "always"? (always, on-symptom))',
    ])
  })

  it.each([
    [`checks: [${check('queue-depth')}]`, 'checks[0].id: "queue-depth"'],
    [`checks: [${check('boot-facts')}]`, 'checks[0].id: "boot-facts"'],
    [`checks: [${check('other/queue')}]`, 'checks[0].id: "other/queue"'],
    [`checks: [${check('acme/../x')}]`, 'checks[0].id: "acme/../x"'],
    [`reporters: [{ name: 'junit' }]`, 'reporters[0].name: "junit"'],
    [`providers: [{ name: 'qemu', open() {} }]`, 'providers[0].name: "qemu"'],
  ])('because it does not carry its own name: %s', async (body, message) => {
    const { problems = [] } = await refused({
      module: write(`name-${sha256(body)}.js`, plugin(body)),
    })
    expect(problems[0]?.message).toContain(message)
  })

  it('because another offers the same names both', async () => {
    const one = write('one.js', plugin(`checks: [${check('acme/a')}]`))
    const two = write('two.js', plugin(`checks: [${check('acme/b')}]`))
    expect((await refused({ module: one }, { module: two })).message).toBe(
      'two plugins offer the same thing: plugin acme',
    )
    const ringzero = write('ringzero.js', `export default { name: 'ringzero', apiVersion: 1 }`)
    expect((await refused({ module: ringzero })).code).toBe('PLUGIN_CLASH')
    const twice = write('twice.js', plugin(`checks: [${check('acme/a')}, ${check('acme/a')}]`))
    expect((await refused({ module: twice })).message).toContain('check acme/a')
  })

  it('because it takes no options and gets some', async () => {
    const module = write('plain.js', plugin(''))
    expect(await refused({ module, options: { a: 1 } })).toMatchObject({
      code: 'PLUGIN_OPTIONS',
      fault: 'user',
      where: { field: 'plugins[0].options' },
    })
  })
})
