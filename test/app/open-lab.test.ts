import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openLab } from '../../src/app/open-lab.ts'
import { workingContext } from '../../src/app/working-context.ts'
import { builtInGuestSystems } from '../../src/plugins/built-in.ts'

const folder = mkdtempSync(join(tmpdir(), 'rz-open-lab-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A vendor's provider whose machines bring this of their own. */
function provider(name: string, own: string): string {
  const path = join(folder, `${name}.js`)
  writeFileSync(
    path,
    `export default { name: '${name}', apiVersion: 1, providers: [{ name: '${name}', open: async () => ({
       name: '${name}', capabilities: { os: ['linux'], facets: [], simulated: true },
       inspectHost: async () => ({ facts: {}, findings: [] }), refuse: async () => [], listMachines: async () => [],
       create: async () => { throw new Error('none') }, adopt: async () => undefined, ${own} }) }] }`,
  )
  return path
}

async function open(name: string, own: string): ReturnType<typeof openLab> {
  const lab = join(folder, `${name}.lab.yaml`)
  writeFileSync(
    lab,
    `version: 1\nstore: store\nplugins: [{module: ${JSON.stringify(provider(name, own))}}]
hosts: [{name: h, provider: ${name}, capacity: {vcpus: 1, memoryMiB: 512, machines: 1}}]\n`,
  )
  return await openLab(lab, workingContext(new AbortController().signal))
}

describe('a host of a vendor’s provider', () => {
  it('brings its own guest OS adapters, installers and clock, as the simulated one does', async () => {
    const own = "guests: new Map([['linux', { name: 'acme' }]]), installers: [], clock: { now: () => 7 }"
    const { hosts } = await open('acme-own', own)
    expect(hosts[0]?.guests.get('linux')?.name).toBe('acme')
    expect(hosts[0]?.installers).toEqual([])
    expect(hosts[0]?.provider.clock?.now()).toBe(7)
  })

  it('is spoken to by the adapters that ship where it brings none, simulated or not', async () => {
    const { hosts, plugins } = await open('acme-plain', '')
    expect(hosts[0]?.guests).toBe(builtInGuestSystems)
    expect(hosts[0]?.installers).toBe(plugins.installers)
  })
})
