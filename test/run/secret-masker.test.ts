import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { SecretMasker } from '../../src/run/secret-masker.ts'

it('leaves no spelling of a secret in any text or JSON', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 6, maxLength: 40 }),
      fc.string(),
      fc.string(),
      (secret, before, after) => {
        const masker = new SecretMasker()
        expect(masker.watch(() => secret)('name')).toBe(secret)
        const text = `${before}${secret}${after}`
        expect(masker.text(text)).not.toContain(secret)
        const json = JSON.stringify(masker.json({ list: [text], [secret]: { deep: secret } }))
        expect(json).not.toContain(JSON.stringify(secret).slice(1, -1))
        const base64 = Buffer.from(secret).toString('base64')
        expect(masker.text(`Basic ${base64}`)).not.toContain(base64)
        expect(Buffer.from(masker.bytes(Buffer.from(text))).includes(Buffer.from(secret))).toBe(false)
      },
    ),
  )
})

it('changes nothing before a secret was handed out', () => {
  const value = { a: ['b'] }
  expect(new SecretMasker().json(value)).toBe(value)
})
