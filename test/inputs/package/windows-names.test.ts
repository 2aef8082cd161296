import { expect, it } from 'vitest'
import { whyNoWindowsPath } from '../../../src/inputs/package/windows-names.ts'

it.each([
  ['sub/setup.exe', 'fits'],
  ['console.dat', 'fits'],
  ['.hidden', 'fits'],
  ['sub/aux', 'is the name of a device'],
  ['COM1.dat', 'is the name of a device'],
  ['lpt².txt', 'is the name of a device'],
  ['end./x', 'drops a dot or a space'],
  ['end ', 'drops a dot or a space'],
  ['a:stream', 'it holds ":"'],
  ['what?', 'it holds "?"'],
  ['bell\u0007', 'it holds "\\u0007"'],
])('%j: %s', (path, why) => {
  expect(whyNoWindowsPath(path, path.length) ?? 'fits').toContain(why)
})

it('a path of 260 characters is one too long', () => {
  expect(whyNoWindowsPath('x', 259)).toBeUndefined()
  expect(whyNoWindowsPath('x', 260)).toContain('260 characters')
})
