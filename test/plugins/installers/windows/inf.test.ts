/** INF files as vendors write them: decorated models, strings, comments, two encodings. */
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
    expect(parseInf(Buffer.from(CARD), 26100)).toEqual({
      classGuid: '{4d36e972-e325-11ce-bfc1-08002be10318}',
      version: '7.11.0.0',
      ids: ['pci\\ven_1234&dev_0002', 'pci\\ven_1234&dev_0003', 'pci\\ven_1234&cc_02'],
    })
    expect(parseInf(Buffer.from(CARD), 19045).ids).toEqual(['pci\\ven_1234&dev_0001'])
  })

  it('is read in UTF-16 and with the line ends of Windows', () => {
    const wide = Buffer.from(`\ufeff${CARD.replaceAll('\n', '\r\n')}`, 'utf16le')
    expect(parseInf(wide, 26100)).toEqual(parseInf(Buffer.from(CARD), 26100))
    expect(parseInf(Buffer.from(`\ufeff${CARD}`), 26100)).toEqual(parseInf(Buffer.from(CARD), 26100))
  })

  it('of a filter names no device', () => {
    const filter =
      '[Version]\nClassGuid={B1D1A169-C54F-4379-81DB-BEE7D88D7454}\n[DefaultInstall.NTamd64]\nCopyFiles=x\n'
    expect(parseInf(Buffer.from(filter), 26100).ids).toEqual([])
  })

  it('that is none is empty and not slow', () => {
    for (const text of [
      '',
      'x'.repeat(1e6),
      `[Manufacturer]\n${'"'.repeat(100_001)}`,
      ','.repeat(1e6),
      '=%'.repeat(1e5),
    ])
      expect(parseInf(Buffer.from(text), 26100)).toEqual({ ids: [] })
  })
})
