import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { formatNames, jsonSchemaOf } from '../../src/app/json-schemas.ts'

it.each(formatNames)('docs/schemas has the current schema of the %s file', (name) => {
  const shipped: unknown = JSON.parse(
    readFileSync(resolve(import.meta.dirname, `../../docs/schemas/${name}.schema.json`), 'utf8'),
  )
  expect(shipped).toEqual(jsonSchemaOf(name))
})
