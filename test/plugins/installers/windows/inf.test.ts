/** INF files as vendors write them: decorated models, strings, comments, two encodings. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseInf } from '../../../../src/plugins/installers/windows/inf.ts'

const CARD = `; Acme's card
[Version]
Signature   = "$WINDOWS NT$"
Class       = Net
ClassGuid   = {4D36E972-E325-11CE-BFC1-08002BE10318} ; network adapters
DriverVer   = 07/01/2026,7.11.0.0

[Manufacturer]
%Acme% = Acme, NTamd64, NTamd64.10.0...22000, NTarm64.10.0, NTamd64.10.0.3

[Acme.NTamd64]
"Card; old" = Install, %Bus%\\VEN_1234&DEV_0001
[Acme.NTamd64.10.0...22000]
%Card% = Install, %Bus%\\VEN_1234&DEV_0002, \\
         PCI\\VEN_1234&DEV_0003
[acme.ntAMD64.10.0...22000]
%Card2% = Install,, PCI\\VEN_1234&CC_02
[Acme.NTarm64.10.0]
%Card% = Install, PCI\\VEN_1234&DEV_0009
[Acme.NTamd64.10.0.3]
%Card% = Install, PCI\\VEN_1234&DEV_0008

[Strings]
Acme = "Acme, Inc."
Card = "Acme ""fast"" card = 10 GBit"
Bus  = PCI
`

describe('an INF file', () => {
  it('names class, version and the ids of the models that this build takes', () => {
    const facts = parseInf(Buffer.from(CARD), 26100)
    expect(facts).toMatchObject({
      classGuid: '{4d36e972-e325-11ce-bfc1-08002be10318}',
      version: '7.11.0.0',
    })
    expect(facts.models[1]).toEqual({
      ids: ['pci\\ven_1234&dev_0002', 'pci\\ven_1234&dev_0003', 'pci\\ven_1234&cc_02'],
      passedOver: [
        '[Acme.NTarm64.10.0]: for arm64 alone, not for x64',
        '[Acme.NTamd64.10.0.3]: for a server alone',
      ],
    })
    expect(parseInf(Buffer.from(CARD), 19045).models[1].ids).toEqual(['pci\\ven_1234&dev_0001'])
    expect(parseInf(Buffer.from(CARD), 19045).models[3].ids).toEqual(['pci\\ven_1234&dev_0008'])
  })

  it('is read in UTF-16 and with the line ends of Windows', () => {
    const own = parseInf(Buffer.from(CARD), 26100)
    for (const mark of ['\ufeff', ''])
      for (const end of ['\n', '\r\n', '\r']) {
        const wide = Buffer.from(mark + CARD.replaceAll('\n', end), 'utf16le')
        expect(parseInf(wide, 26100)).toEqual(own)
        expect(parseInf(Buffer.from(wide).swap16(), 26100)).toEqual(own)
        expect(parseInf(Buffer.from(CARD.replaceAll('\n', end)), 26100)).toEqual(own)
      }
    expect(parseInf(Buffer.from(`\ufeff${CARD}`), 26100)).toEqual(parseInf(Buffer.from(CARD), 26100))
  })

  it('of a filter names no device', () => {
    const filter =
      '[Version]\nClassGuid={B1D1A169-C54F-4379-81DB-BEE7D88D7454}\n[DefaultInstall.NTamd64]\nCopyFiles=x\n'
    expect(parseInf(Buffer.from(filter), 26100).models[1]).toEqual({ ids: [], passedOver: [] })
  })

  it('that is none is empty and not slow', () => {
    for (const text of [
      '',
      'x'.repeat(1e6),
      `[Manufacturer]\n${'"'.repeat(100_001)}`,
      ','.repeat(1e6),
      '=%'.repeat(1e5),
    ])
      expect(parseInf(Buffer.from(text), 26100).models[1].ids).toEqual([])
  })

  it.each([
    ['comment-backslash-before-models.inf', 1],
    ['continuation-then-comment.inf', 1],
    ['workstation-only.inf', 1],
  ] as const)('%s names its device', (file, product) => {
    const bytes = readFileSync(join(import.meta.dirname, '../../../field-cases', file))
    const facts = parseInf(bytes, 26100)
    expect(facts).toMatchObject({ version: '7.11.0.3' })
    expect(facts.models[product].ids).toEqual(['pci\\ven_1234&dev_0001'])
  })

  it('for workstations alone says on a server that it has no models for it', () => {
    const bytes = readFileSync(join(import.meta.dirname, '../../../field-cases/workstation-only.inf'))
    expect(parseInf(bytes, 26100).models[3]).toEqual({
      ids: [],
      passedOver: ['[Acme.NTamd64...1]: for a workstation alone'],
    })
  })

  it('may name its version by strings', () => {
    const versionOf = (text: string): string | undefined => parseInf(Buffer.from(text), 26100).version
    expect(versionOf('[Version]\nDriverVer=%DV%\n[Strings]\nDV="01/02/2026,7.11.0.3"\n')).toBe('7.11.0.3')
    expect(versionOf('[Version]\nDriverVer=%D%, %V%\n[Strings.0407]\nD=01/02/2026\nV=7.11.0.3\n')).toBe(
      '7.11.0.3',
    )
    expect(versionOf('[Version]\nDriverVer=01/02/2026\n')).toBeUndefined()
  })

  it('says which models it passed over, and sections that are not there', () => {
    const models = (target: string): unknown =>
      parseInf(Buffer.from(`[Manufacturer]\nA=Acme,${target}\n[Acme.${target}]\nD=I,PCI\\VEN_1\n`), 26100)
        .models[1]
    expect(models('NTamd64.10.0...22000')).toMatchObject({ ids: ['pci\\ven_1'] })
    expect(models('NTamd64.10.0...99999')).toEqual({
      ids: [],
      passedOver: ['[Acme.NTamd64.10.0...99999]: for build 99999 and later'],
    })
    expect(models('NTarm64')).toEqual({
      ids: [],
      passedOver: ['[Acme.NTarm64]: for arm64 alone, not for x64'],
    })
    expect(models('NTamd64.10.0.1.0x80')).toEqual({
      ids: [],
      passedOver: ['[Acme.NTamd64.10.0.1.0x80]: for suite 0x80 alone, which is not asked of a guest'],
    })
    const lost = parseInf(Buffer.from('[Manufacturer]\nA=Acme,NTamd64\n'), 26100)
    expect(lost.models[1]).toEqual({ ids: [], passedOver: ['[Acme], [NTamd64]: not in the file'] })
  })

  it('is read the same way whatever comments and continuations stand in it', () => {
    const comment = fc.constantFrom('', '; C:\\Acme\\', ' ; "', '; \\', ' ;;\\\\')
    const gap = fc.constantFrom('', ' \\\n ', '\\\r\n\t', ' \\ ; first\n')
    const end = fc.constantFrom('\n', '\r\n', '\r')
    fc.assert(
      fc.property(comment, comment, gap, gap, end, (one, two, first, second, newline) => {
        const text = `[Version]${one}\nDriverVer=${first}01/02/2026,${second}7.11.0.3${two}\n${two}\n[Manufacturer]\nA=Acme,NTamd64\n${one}\n[Acme.NTamd64]\nD=I,${first}PCI\\VEN_1,${second}PCI\\VEN_2 ${one}\n`
        const facts = parseInf(Buffer.from(text.replaceAll(/\r?\n/g, newline)), 26100)
        expect(facts.version).toBe('7.11.0.3')
        expect(facts.models[1].ids).toEqual(['pci\\ven_1', 'pci\\ven_2'])
      }),
    )
  })
})
