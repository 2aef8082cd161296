/** docs/reference says what the code registers. `npm run docs` renews it. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { SYMPTOM_MEANINGS } from '../../src/model/symptom.ts'
import { builtIn } from '../../src/plugins/built-in.ts'
import { formatFields } from './format-fields.ts'
import { referencePages } from './reference-pages.ts'

const pages = await referencePages()
const folder = resolve(import.meta.dirname, '../../docs/reference')

it.each([...pages.keys()])('%s is current', (name) => {
  const kept = readFileSync(resolve(folder, name), 'utf8')
  expect(kept, 'run `npm run docs`').toBe(pages.get(name))
})

it('every check says what it cannot see', () => {
  expect((builtIn.checks ?? []).filter((check) => check.cannotSee === undefined)).toEqual([])
})

it('every class of symptom is named by some code', () => {
  const rows = (pages.get('symptoms.md') ?? '').split('\n').filter((line) => line.startsWith('| <a id='))
  expect(rows).toHaveLength(Object.keys(SYMPTOM_MEANINGS).length)
  expect(rows.filter((row) => row.endsWith('|  |'))).toEqual([])
})

it('fields are rows with path, type and limits, and an object that occurs again refers to its first place', () => {
  const point = {
    type: 'object',
    properties: { x: { type: 'number' }, y: { type: 'number' }, z: { type: 'number', maximum: 9 } },
    required: ['x'],
  }
  const rows = formatFields({
    properties: { from: point, to: { type: 'array', items: point }, sort: { enum: ['a', 'b'] } },
  })
  expect(rows.map(({ path, type, required }) => `${path}: ${type}${required ? '!' : ''}`)).toEqual([
    'from: object',
    'from.x: number!',
    'from.y: number',
    'from.z: number',
    'to: list of object',
    'sort: `a`, `b`',
  ])
  expect(rows[3]?.description).toBe('at most 9')
  expect(rows[4]?.description).toBe('fields as under `from`')
})
