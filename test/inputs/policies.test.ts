/** The policies that ship: each keeps the published schema, is read without a complaint, and stands on the page about the gate. */
import { globSync, readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { loadPolicy } from '../../src/inputs/load-policy.ts'
import { DEFAULT_POLICY } from '../../src/model/policy.ts'

const root = resolve(import.meta.dirname, '../..')
const folder = join(root, 'fixtures/policies')
const policies = globSync('*.yaml', { cwd: folder }).toSorted()
const schema = JSON.parse(readFileSync(join(root, 'docs/schemas/policy.schema.json'), 'utf8')) as object
const keepsSchema = new Ajv2020({ strict: false, formats: { date: true } }).compile(schema)

describe('the policies that ship', () => {
  it('are the four that the page about the gate names', () => {
    const page = readFileSync(join(root, 'docs/gate-policy.md'), 'utf8')
    const named = [...page.matchAll(/\(\.\.\/fixtures\/policies\/([a-z-]+\.yaml)\)/g)].map(
      ([, name = '']) => name,
    )
    expect(policies).toHaveLength(4)
    expect([...new Set(named)].toSorted()).toEqual(policies)
  })

  it.each(policies)('%s keeps the schema and loads under its own name', async (name) => {
    const path = join(folder, name)
    const text: unknown = parse(readFileSync(path, 'utf8'))
    expect(keepsSchema(text), JSON.stringify(keepsSchema.errors)).toBe(true)
    const policy = await loadPolicy(path)
    expect(policy.id).toBe(basename(name, '.yaml'))
    // Without these a run that saw nothing could be released.
    expect(policy.rules).toContainEqual(expect.objectContaining({ metric: 'inconclusive-cells', atMost: 0 }))
    expect(policy.rules).toContainEqual(expect.objectContaining({ metric: 'covered-share', atLeast: 1 }))
    expect(policy.rules).toContainEqual(expect.objectContaining({ metric: 'failing-cells', atMost: 0 }))
  })

  it('the default one is what applies without a file', async () => {
    expect(await loadPolicy(join(folder, 'default.yaml'))).toEqual(DEFAULT_POLICY)
  })

  it('a policy with an unknown symptom does not keep the schema', () => {
    const rule = { id: 'a', metric: 'failing-cells', symptoms: ['sneeze'], atMost: 0 }
    expect(keepsSchema({ version: 1, id: 'x', rules: [rule] })).toBe(false)
    expect(keepsSchema({ version: 1, id: 'x', rules: [{ ...rule, symptoms: ['panic'] }] })).toBe(true)
  })
})
