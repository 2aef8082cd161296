/** The products that ship as what customers have beside the candidate: each says where its facts come from, and can be put in place. */
import { artifactOf } from '../../src/inputs/package/artifact-of.ts'
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { loadLab } from '../../src/inputs/load-lab.ts'
import { loadLabProduct } from '../../src/inputs/package/load-product.ts'
import { assetPath, packageRoot } from '../../src/kit/assets.ts'
import { sha256 } from '../../src/kit/hash.ts'
import { PowerShellSession } from '../../src/plugins/providers/hyper-v/powershell-session.ts'
import { testContext } from '../stand-ins/local-guest.ts'
import { powerShellHost } from '../stand-ins/powershell-host/powershell-host.ts'

const products = join(packageRoot, 'fixtures/products/windows')
const names = (await readdir(products)).filter((name) => !name.startsWith('template-'))
/** What Windows brings: nothing to put in place. */
const builtIn = [
  'attack-surface-reduction',
  'browser-edge',
  'defender',
  'driver-verifier',
  'enforced-driver-policy',
  'memory-integrity',
  'restricted-egress',
  'role-dhcp-server',
  'role-domain-controller',
  'role-msmq',
  'role-web-server',
]
const neighbours = names.filter((name) => !builtIn.includes(name))
const lab = await loadLab(join(packageRoot, 'fixtures/labs/windows.lab.yaml'), [])
const secrets = new Set((lab.secrets ?? []).map(({ name }) => name))

/** What a product hands to PowerShell as code. */
function powerShellOf(text: string): readonly string[] {
  const codes: string[] = []
  JSON.stringify(parse(text), (_, value: unknown) => {
    if (Array.isArray(value) && value.includes('-Command')) codes.push(String(value.at(-1)))
    return value
  })
  return codes
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rz-catalogue-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('the catalogue of Windows products', () => {
  it('stands in the lab that ships, all of it', () => {
    const listed = (lab.products ?? []).map((product) => product.folder.split('/').at(-1) ?? '')
    expect(new Set(listed)).toEqual(new Set(names))
    expect(neighbours.length).toBeGreaterThanOrEqual(15)
  })

  it.each(neighbours)(
    '%s names its sources, ships no binary, and says what to get and where',
    async (name) => {
      const text = await readFile(join(products, name, 'product.yaml'), 'utf8')
      expect(text).toMatch(/# Sources, read \d{4}-\d\d-\d\d/)
      expect(await readdir(join(products, name))).toEqual(['product.yaml'])
      expect(text).not.toMatch(/sha256:/)
      const loaded = await loadLabProduct(join(products, name), secrets)
      expect(loaded).toMatchObject({ absent: { id: name, obtain: expect.any(String) as string } })
    },
  )

  it.each(neighbours)('%s is complete as soon as its files are there and pinned', async (name) => {
    const own = join(folder, name)
    await cp(join(products, name), own, { recursive: true })
    const file = join(own, 'product.yaml')
    const text = await readFile(file, 'utf8')
    const wanted = [...text.matchAll(/^ {2}- \{ path: (\S+) \}$/gm)].map((match) => match[1] ?? '')
    expect(wanted.length).toBeGreaterThan(0)
    for (const path of wanted) await writeFile(join(own, path), path)
    await writeFile(
      file,
      text.replaceAll(
        /^ {2}- \{ path: (\S+) \}$/gm,
        (_, path: string) => `  - { path: ${path}, sha256: ${sha256(path)} }`,
      ),
    )
    const loaded = await loadLabProduct(own, secrets)
    if (!('product' in loaded)) throw new Error(loaded.absent.lacking.join('; '))
    expect(artifactOf(loaded.product, 'windows').id).toBe(name)
  })

  it.each(neighbours)('%s lets no text of a file or secret become part of a command', async (name) => {
    const text = await readFile(join(products, name, 'product.yaml'), 'utf8')
    // PowerShell reads what follows -Command as code: paths and secrets reach it through the environment alone.
    for (const code of powerShellOf(text)) expect(code).not.toContain('${files}')
  })

  it('runs nothing that PowerShell cannot read', async () => {
    const texts = await Promise.all(
      names.map((name) => readFile(join(products, name, 'product.yaml'), 'utf8')),
    )
    const codes = texts.flatMap((text) => powerShellOf(text))
    expect(codes.length).toBeGreaterThan(10)
    const script = join(folder, 'parse.ps1')
    await writeFile(
      script,
      `param($Parameters, $Secrets)
@(foreach ($code in $Parameters['codes']) {
    $tokens = $null; $errors = $null
    [void][System.Management.Automation.Language.Parser]::ParseInput($code, [ref]$tokens, [ref]$errors)
    foreach ($found in $errors) { "$($found.Message): $code" }
})
`,
    )
    const session = new PowerShellSession({ executable: await powerShellHost() })
    try {
      const broken = await session.call(
        { script, parameters: { codes: [...codes, 'if ('] } },
        testContext(120),
      )
      expect([broken].flat()).toEqual([expect.stringContaining(': if (')])
    } finally {
      session.kill()
    }
  })

  it('names every filter as Microsoft’s list of allocated altitudes does, or says that it is not in it', async () => {
    const list = JSON.parse(
      await readFile(assetPath('plugins/guests/windows/data/altitudes.json'), 'utf8'),
    ) as unknown
    const known = JSON.stringify(list).toLowerCase()
    for (const name of neighbours) {
      const text = await readFile(join(products, name, 'product.yaml'), 'utf8')
      const filters = /^ {4}minifilters: \[(.*)\]$/m.exec(text)?.[1]?.split(', ') ?? []
      for (const filter of filters) {
        const isListed = known.includes(filter.toLowerCase())
        const isSaid = text.replaceAll(/\n# ?/g, ' ').includes('stands in no list of Microsoft')
        expect({ name, filter, isListed: isListed || isSaid }).toEqual({ name, filter, isListed: true })
      }
    }
  })
})
