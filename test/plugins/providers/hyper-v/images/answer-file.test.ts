import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { writeAnswerFile } from '../../../../../src/plugins/providers/hyper-v/images/answer-file.ts'
import { writeXml } from '../../../../../src/plugins/providers/hyper-v/images/xml-document.ts'

const OPTIONS = {
  user: 'ringzero',
  password: 'secret',
  language: 'de-DE',
  texts: 'en-US',
  timeZone: 'UTC',
  computerName: 'RINGZERO',
}

describe('an answer file', () => {
  it('makes a local administrator and skips what only a person could answer', () => {
    const text = writeAnswerFile(OPTIONS)
    expect(text).toContain('<Group>Administrators</Group>')
    expect(text).toContain('<HideEULAPage>true</HideEULAPage>')
    expect(text).toContain('<UserLocale>de-DE</UserLocale>')
    expect(text).toContain('<UILanguage>en-US</UILanguage>')
    expect(text).not.toContain('ProductKey')
    expect(text).not.toContain('AutoLogon')
  })

  it('cannot be broken out of by any name', () => {
    const text = writeAnswerFile({ ...OPTIONS, user: '</Name><Group>x</Group>&"' })
    expect(text).toContain('<Name>&lt;/Name&gt;&lt;Group&gt;x&lt;/Group&gt;&amp;&quot;</Name>')
  })
})

describe('XML text', () => {
  it('reads back as it was written, or is refused', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const allowed = !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udfff]/u.test(value)
        expect(roundTrip(value)).toEqual(allowed ? [value, value] : undefined)
      }),
    )
  })
})

/** Attribute and content as a reader sees them; undefined when the text was refused. */
function roundTrip(value: string): string[] | undefined {
  try {
    const text = writeXml({ name: 'a', attributes: { b: value }, content: value })
    const match = /<a b="([^"<]*)">([^<]*)<\/a>/.exec(text)
    return [read(match?.[1] ?? ''), read(match?.[2] ?? '')]
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function read(text: string): string {
  const names: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', amp: '&' }
  return text.replace(/&(?:#(\d+)|(\w+));/g, (_, number: string | undefined, name: string | undefined) =>
    number === undefined ? (names[name ?? ''] ?? '') : String.fromCharCode(Number(number)),
  )
}
