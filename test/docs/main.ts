/** `npm run docs`: writes docs/schemas and docs/reference from the code. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { formatNames, jsonSchemaOf } from '../../src/inputs/json-schemas.ts'
import { referencePages } from './reference-pages.ts'

const docs = resolve(import.meta.dirname, '../../docs')
for (const folder of ['schemas', 'reference']) mkdirSync(join(docs, folder), { recursive: true })
for (const name of formatNames)
  writeFileSync(
    join(docs, 'schemas', `${name}.schema.json`),
    `${JSON.stringify(jsonSchemaOf(name), null, 2)}\n`,
  )
for (const [name, text] of await referencePages()) writeFileSync(join(docs, 'reference', name), text)
