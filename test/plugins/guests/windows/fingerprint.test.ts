/** The packed list of a Windows guest's files, as its script sends it. */
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { readListing } from '../../../../src/plugins/guests/windows/fingerprint.ts'

const pack = (...lines: string[]): string => gzipSync(lines.join('\n')).toString('base64')

describe('the list of files', () => {
  it('gives folders their owner and access list, files their size and time', () => {
    const listing = pack(
      'folder\tC:\\\tS-1-5-18\tabc',
      'file\tpagefile.sys\t10\t638\t6',
      'folder\tC:\\Windows\\System32\\drivers\\etc\tS-1-5-18\tdef',
      'file\thosts\t824\t637\t0',
      'folder\tC:\\Windows\\System32\\Tasks\\Acme\t\t',
      'file\tUpdate\t3000\t637\t0',
    )
    expect(readListing(listing)).toMatchObject([
      { aspect: 'file', item: 'C:\\', traits: { type: 'folder', owner: 'S-1-5-18', access: 'abc' } },
      {
        aspect: 'file',
        item: 'C:\\pagefile.sys',
        traits: { type: 'file', listing: '10 bytes of 638', mode: '6' },
      },
      { aspect: 'file', item: 'C:\\Windows\\System32\\drivers\\etc' },
      { aspect: 'names', item: 'C:\\Windows\\System32\\drivers\\etc\\hosts' },
      { aspect: 'file' },
      { aspect: 'autostart', item: 'C:\\Windows\\System32\\Tasks\\Acme\\Update' },
    ])
  })

  it('passes over what is no line of it, and refuses what is not packed', () => {
    expect(readListing(pack('nonsense', 'file\tonly', ''))).toEqual([])
    expect(() => readListing('AAAA')).toThrow('cannot be unpacked')
  })
})
