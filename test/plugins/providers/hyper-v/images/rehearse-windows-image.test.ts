/** A rehearsal shows what a build runs: the same calls, in order, with their values; no secret, no file of the media, no PowerShell. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  rehearseScript,
  SeenLater,
} from '../../../../../src/plugins/providers/hyper-v/images/rehearse-script.ts'
import { rehearseWindowsImage } from '../../../../../src/plugins/providers/hyper-v/images/rehearse-windows-image.ts'
import type { LabImage } from '../../../../../src/model/lab.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rz-rehearsal-'))
})
afterAll(() => rm(folder, { recursive: true }))

function image(build: LabImage['build'] = {}): LabImage {
  return {
    id: 'win11',
    kind: 'windows',
    os: 'windows',
    build: {
      iso: 'media/win11.iso',
      edition: 'Windows 11 Pro',
      updates: ["kb'1.msu"],
      drivers: ['nic'],
      language: 'de-DE',
      ...build,
    },
    credentials: { user: 'tester', password: 'guest-password' },
  }
}
const rehearse = async (build?: LabImage['build']): Promise<string> =>
  (await rehearseWindowsImage(image(build), folder, join(folder, 'store', 'image-builds'))).join('\n')

describe('the rehearsal of a Windows image', () => {
  it('shows every step in order, each command with the values of this lab', async () => {
    const text = await rehearse()
    const order = [
      '### 1 of 5',
      'Get-WindowsImage -ImagePath',
      '### 2 of 5',
      `Hyper-V\\New-VHD -Path '${join(folder, 'store', 'image-builds')}`,
      'Initialize-Disk -Number $number -PartitionStyle GPT',
      'Expand-WindowsImage -ImagePath $wim -Index <number of the edition "Windows 11 Pro" on the media>',
      `foreach ($folder in @('${join(folder, 'nic')}'))`,
      `foreach ($package in @('${join(folder, "kb''1.msu")}'))`,
      "Invoke-HostProgram 'dism.exe'",
      "Invoke-HostProgram 'bcdboot.exe'",
      '### 3 of 5',
      "Invoke-HostProgram 'reg.exe' @('load'",
      '### the answer file',
      '<Name>tester</Name>',
      '### 4 of 5',
      'Hyper-V\\Start-VM -VM $machine',
      'finish-guest.ps1',
      '### 5 of 5',
    ]
    let at = 0
    for (const part of order) {
      const found = text.indexOf(part, at)
      expect(found, part).toBeGreaterThan(-1)
      at = found
    }
  })

  it('leaves no parameter of a script without its value, and shows functions once', async () => {
    const text = await rehearse()
    expect(text).not.toMatch(/\$(?:Parameters|Secrets)\['/)
    expect(text.split('function Invoke-HostProgram').length).toBe(2)
  })

  it('reads no secret, and the answer file shows none', async () => {
    const text = await rehearse()
    const values = [...text.matchAll(/<Value>(.*)<\/Value>/g)].map((match) => match[1])
    expect(values.length).toBeGreaterThan(1)
    expect(new Set(values)).toEqual(new Set(['the secret']))
    expect(text).toContain('<the secret password>')
  })

  it('says which files of the lab are not there yet', async () => {
    await writeFile(join(folder, 'here.iso'), 'media')
    const text = await rehearse({ iso: 'here.iso' })
    expect(text).toContain(`# not there yet: ${join(folder, 'nic')}`)
    expect(text).not.toContain(`# not there yet: ${join(folder, 'here.iso')}`)
  })
})

describe('a script with its values', () => {
  const of = (parameters: Record<string, unknown>): string =>
    rehearseScript({
      text: "param($Parameters, $Secrets)\nUse-It $Parameters['it'] $Parameters['other'] $Secrets['key']\n",
      libraries: [
        'function Use-It {\n    Call-Next\n}\nfunction Call-Next {\n    1\n}\nfunction Not-Called {\n    2\n}\n',
      ],
      parameters,
    }).join('\n')

  it('comes after the functions that it calls, also through others, and without the rest', () => {
    const text = of({ it: 1, other: 2 })
    expect(text.indexOf('function Call-Next')).toBeLessThan(text.indexOf('Use-It 1 2'))
    expect(text).not.toContain('Not-Called')
  })

  it('has them as PowerShell writes them, and never as code', () => {
    expect(of({ it: "'; Remove-Item C:\\ '", other: [true, null] })).toContain(
      "Use-It '''; Remove-Item C:\\ ''' @($true, $null) <the secret key>",
    )
    expect(of({ it: { a: 'b' }, other: new SeenLater('later') })).toContain("Use-It @{ a = 'b' } <later>")
    expect(of({ it: 1 })).toContain("Use-It 1 $Parameters['other']")
  })
})
