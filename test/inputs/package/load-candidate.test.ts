import { artifactOf } from '../../../src/inputs/package/artifact-of.ts'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadCandidate } from '../../../src/inputs/package/load-candidate.ts'
import { loadProduct } from '../../../src/inputs/package/load-product.ts'
import { formatError } from '../../../src/cli/format-error.ts'
import { sha256 } from '../../../src/kit/hash.ts'
import { AppError } from '../../../src/model/errors.ts'
import { needsSymbolicLinks } from '../../windows-host/not-on-windows.ts'

const folder = resolve(import.meta.dirname, '../../../fixtures/bad-input/candidates')
const secrets = new Set(['licence-key'])
const products = new Set(['netwatch', 'sensor'])

describe('bad candidates and products', () => {
  const names = readdirSync(folder).sort()

  it('there are at least 30', () => expect(names.length).toBeGreaterThanOrEqual(30))

  async function refusal(name: string): Promise<{ readonly fault: string; readonly lines: string }> {
    const path = join(folder, name)
    const load = existsSync(join(path, 'product.yaml'))
      ? loadProduct(path, secrets)
      : loadCandidate(path, { secrets, products })
    const error = await load.then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    if (!(error instanceof AppError)) throw new Error(`${name} was not refused`, { cause: error })
    const record = error.toRecord()
    const lines = `${formatError(record, path).join('\n')}\n`
    if (process.env['RINGZERO_UPDATE_EXPECTED'] !== undefined)
      writeFileSync(join(path, 'expected.txt'), lines)
    return { fault: record.fault, lines }
  }
  const expected = (name: string): object => ({
    fault: 'user',
    lines: readFileSync(join(folder, name, 'expected.txt'), 'utf8'),
  })

  const linked = names.filter((name) => name.includes('link'))
  it.each(names.filter((name) => !linked.includes(name)))(
    '%s gives its error, and it is the user’s to fix',
    async (name) => {
      expect(await refusal(name)).toEqual(expected(name))
    },
  )
  it.each(linked)('%s gives its error, and it is the user’s to fix', needsSymbolicLinks(), async (name) => {
    expect(await refusal(name)).toEqual(expected(name))
  })
})

describe('what a person sees as the same', () => {
  it('a path has one spelling, however it was written', async () => {
    using candidate = packageFolder({ 'rules.dat': 'x' })
    writeFileSync(
      join(candidate.path, 'candidate.yaml'),
      `version: 1\nid: c\nrelease: "1"\nkind: content\nfiles:\n  - { path: ./rules.dat, sha256: ${sha256('x')} }\nrecipes:\n  linux:\n    install:\n      place:\n        - { file: .\\rules.dat, to: /opt//acme/./rules.dat }\n  windows:\n    install:\n      place:\n        - { file: rules.dat, to: 'C:/ProgramData\\/Acme/x.bin' }\n`,
    )
    const { files, recipes } = await loadCandidate(candidate.path, { secrets, products })
    expect(files[0]?.path).toBe('rules.dat')
    expect(recipes?.linux?.install?.place).toEqual([{ file: 'rules.dat', to: '/opt/acme/rules.dat' }])
    expect(recipes?.windows?.install?.place).toEqual([
      { file: 'rules.dat', to: 'C:\\ProgramData\\Acme\\x.bin' },
    ])
  })

  it('a hash in upper case, as Get-FileHash prints it, pins the file', async () => {
    using candidate = packageFolder({ 'rules.dat': 'x' })
    const hash = sha256('x').toUpperCase()
    writeFileSync(
      join(candidate.path, 'candidate.yaml'),
      `version: 1\nid: c\nrelease: "1"\nkind: content\nfiles:\n  - { path: rules.dat, sha256: ${hash} }\nrecipes:\n  linux:\n    install:\n      place:\n        - { file: rules.dat, to: /etc/rules.dat }\n`,
    )
    const loaded = await loadCandidate(candidate.path, { secrets, products })
    expect(loaded.files[0]?.sha256).toBe(hash.toLowerCase())
  })

  it.each([
    ['a tabulator', String.raw`/opt/a\tb`, 'control characters'],
    ['half a character', String.raw`/opt/\ud800`, 'half a character'],
    ['300 bytes in one step', `/opt/${'ü'.repeat(150)}`, 'a step of it has 300 bytes'],
  ])('a place with %s, which no guest writes down so, is refused', async (_, to, because) => {
    using candidate = packageFolder({ 'rules.dat': 'x' })
    writeFileSync(
      join(candidate.path, 'candidate.yaml'),
      `version: 1\nid: c\nrelease: "1"\nkind: content\nfiles:\n  - { path: rules.dat, sha256: ${sha256('x')} }\nrecipes:\n  linux:\n    install:\n      place:\n        - { file: rules.dat, to: "${to}" }\n`,
    )
    const refused = await loadCandidate(candidate.path, { secrets, products }).catch(
      (error: unknown) => error,
    )
    const { problems } = refused as AppError
    expect(problems.map(({ message, hint }) => `${message}, ${hint}`)).toEqual([
      expect.stringContaining(because),
    ])
  })

  it('a name in another Unicode form is told as that', async () => {
    using candidate = packageFolder({ [`u\u0308ber.dat`]: 'x' })
    writeFileSync(
      join(candidate.path, 'candidate.yaml'),
      `version: 1\nid: c\nrelease: "1"\nkind: content\nfiles:\n  - { path: \u00fcber.dat, sha256: ${sha256('x')} }\nrecipes:\n  linux:\n    install:\n      place:\n        - { file: \u00fcber.dat, to: /etc/rules.dat }\n`,
    )
    await expect(loadCandidate(candidate.path, { secrets, products })).rejects.toMatchObject({
      problems: [{ hint: expect.stringContaining('in another Unicode form, decomposed (NFD)') as string }],
    })
  })
})

/** A folder with these files; removed by the caller's test through `using`. */
function packageFolder(files: Readonly<Record<string, string>>) {
  const path = mkdtempSync(join(tmpdir(), 'ringzero-test-'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text)
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

const RULES = 'rules v2'
const CONTENT = `
version: 1
id: rules
release: "2"
kind: content
files: [{path: rules.bin, sha256: ${sha256(RULES)}}]
recipes: {linux: {install: {place: [{file: rules.bin, to: /opt/sensor/rules.bin}]}}}
`

describe('a good candidate', () => {
  it('is loaded with its folder and a hash that changes with any bit of its files', async () => {
    using good = packageFolder({ 'candidate.yaml': CONTENT, 'rules.bin': RULES })
    const candidate = await loadCandidate(good.path, { secrets, products })
    expect(candidate).toMatchObject({ id: 'rules', folder: good.path })
    expect(artifactOf(candidate, 'linux').recipe.install?.place).toHaveLength(1)
    using other = packageFolder({
      'candidate.yaml': CONTENT.replace(sha256(RULES), sha256('rules v3')),
      'rules.bin': 'rules v3',
    })
    expect((await loadCandidate(other.path)).sha256).not.toBe(candidate.sha256)
  })

  it('may be named by its file, too', async () => {
    using good = packageFolder({ 'candidate.yaml': CONTENT, 'rules.bin': RULES })
    expect((await loadCandidate(join(good.path, 'candidate.yaml'))).id).toBe('rules')
  })

  it('may hold links that stay inside its folder', needsSymbolicLinks(), async () => {
    using good = packageFolder({ 'candidate.yaml': CONTENT, 'rules-2.bin': RULES })
    symlinkSync('rules-2.bin', join(good.path, 'rules.bin'))
    expect((await loadCandidate(good.path)).id).toBe('rules')
  })

  it('has no recipe for guests that it does not speak of, and says what to write', async () => {
    using good = packageFolder({ 'candidate.yaml': CONTENT, 'rules.bin': RULES })
    const candidate = await loadCandidate(good.path)
    expect(() => artifactOf(candidate, 'windows')).toThrow(/cannot be installed in windows guests/)
    await expect(loadCandidate(good.path, { os: ['linux', 'windows'] })).rejects.toMatchObject({
      problems: [{ message: 'kind content has no recipe for windows guests' }],
    })
  })

  it('of kind script gets the command that runs its only script', async () => {
    using good = packageFolder({
      'candidate.yaml': `
version: 1
id: agent
release: 7.1
kind: script
files: [{path: setup.sh, sha256: ${sha256('exit 0')}}, {path: agent.bin, sha256: ${sha256('x')}}]
recipes: {linux: {verify: {services: [agentd]}, rollback: {run: [{program: /opt/agent/remove}]}}}
`.replace('7.1', '"7.1"'),
      'setup.sh': 'exit 0',
      'agent.bin': 'x',
    })
    const artifact = artifactOf(await loadCandidate(good.path), 'linux')
    expect(artifact.main).toBe('setup.sh')
    expect(artifact.recipe.install?.run).toEqual([{ program: '/bin/sh', arguments: ['${files}/setup.sh'] }])
  })

  it('of kind msi needs no recipe', async () => {
    using good = packageFolder({
      'candidate.yaml': `{version: 1, id: a, release: "1", kind: msi, files: [{path: a.msi, sha256: ${sha256('x')}}]}`,
      'a.msi': 'x',
    })
    expect(artifactOf(await loadCandidate(good.path), 'windows')).toMatchObject({
      main: 'a.msi',
      recipe: {},
    })
  })
})

describe('a product', () => {
  it('may place a file that is only built on this host', async () => {
    using good = packageFolder({
      'product.yaml': `
version: 1
id: sensor
title: Sensor
release: "1"
kind: content
files: [{path: sensor.c, sha256: ${sha256('int x;')}}]
prepare: {builder: kernel-module, source: sensor.c, output: sensor.ko}
recipes: {linux: {install: {place: [{file: sensor.ko, to: /lib/sensor.ko}]}}}
health: {linux: {drivers: [sensor]}}
`,
      'sensor.c': 'int x;',
    })
    const product = await loadProduct(good.path, secrets)
    expect(artifactOf(product, 'linux').recipe.install?.place?.[0]?.file).toBe('sensor.ko')
  })
})
