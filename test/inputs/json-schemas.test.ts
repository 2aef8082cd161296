import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { formatNames, jsonSchemaOf } from '../../src/inputs/json-schemas.ts'

it.each(formatNames)('docs/schemas has the current schema of the %s file', (name) => {
  const path = resolve(import.meta.dirname, `../../docs/schemas/${name}.schema.json`)
  const current = jsonSchemaOf(name)
  if (process.env['RINGZERO_UPDATE_EXPECTED'] !== undefined)
    writeFileSync(path, `${JSON.stringify(current, null, 2)}\n`)
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(current)
})
