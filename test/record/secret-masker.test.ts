import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { SecretMasker } from '../../src/record/secret-masker.ts'

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

it.each([
  ['hunter2', 'hunter2-admin'],
  ['hunter2-admin', 'hunter2'],
])('leaves no end of a secret that begins with another one in clear: %s, %s', (...secrets) => {
  const masker = new SecretMasker()
  for (const secret of secrets) masker.add(secret)
  expect(masker.text('login hunter2-admin, hunter2 ok')).toBe('login ••••••, •••••• ok')
  const bytes = Buffer.from(masker.bytes(Buffer.from('login hunter2-admin, hunter2 ok')))
  expect(bytes.toString()).toBe('login *************, ******* ok')
})

it('finds a secret in UTF-16, as Windows Installer writes its logs, and leaves the log as long as it was', () => {
  const masker = new SecretMasker()
  masker.add('hünter2-admin')
  const log = Buffer.from('\uFEFFLICENCE=hünter2-admin\r\n', 'utf16le')
  // Read from its end, such a log may begin in the middle of a character.
  for (const piece of [log, log.subarray(1)]) {
    const masked = Buffer.from(masker.bytes(piece))
    expect(masked).toHaveLength(piece.length)
    expect(masked.includes(Buffer.from('hünter2-admin', 'utf16le'))).toBe(false)
  }
  expect(Buffer.from(masker.bytes(log)).toString('utf16le')).toBe('\uFEFFLICENCE=*************\r\n')
})

it('finds a secret in the base64 of a longer text, wherever it begins there', () => {
  const masker = new SecretMasker()
  masker.add('correct horse')
  for (const user of ['', 'a', 'ab', 'abc']) {
    for (const encoding of ['utf8', 'utf16le'] as const) {
      const encoded = Buffer.from(`${user}correct horse and more`, encoding).toString('base64')
      const shown = Buffer.from(masker.text(encoded).replace(/•+/, ''), 'base64').toString(encoding)
      expect(masker.text(encoded), `${user} ${encoding}`).toContain('•')
      expect(shown).not.toContain('horse')
    }
  }
})

it('does not write into the bytes that it is given', () => {
  const masker = new SecretMasker()
  masker.add('correct horse')
  const data = Buffer.from('correct horse')
  masker.bytes(data)
  expect(data.toString()).toBe('correct horse')
})

it('changes nothing before a secret was handed out', () => {
  const value = { a: ['b'] }
  expect(new SecretMasker().json(value)).toBe(value)
})
