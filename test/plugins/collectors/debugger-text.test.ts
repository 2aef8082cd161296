/** The debugger is a program of the far end; here a stand-in says what it was asked. What the real engine makes of the commands: test/debugger-engine. */
import { chmod, mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  DEBUGGER_COMMANDS,
  findDebugger,
  readDebuggerText,
} from '../../../src/plugins/collectors/debugger-text.ts'
import { makeDump64 } from '../guests/windows/dump-bytes.ts'
import { testContext } from '../../stand-ins/local-guest.ts'
import { notOnWindows } from '../../windows-host/not-on-windows.ts'

let folder: string
let dump: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rz-debugger-'))
  dump = join(folder, 'a dump.dmp')
  await writeFile(dump, makeDump64({ code: 0x50, parameters: [1n, 0n, 2n, 0n] }))
})

async function debuggerThat(does: string): Promise<() => Promise<string>> {
  const path = join(await mkdtemp(join(folder, 'kd-')), 'kd')
  await writeFile(path, `#!/bin/sh\n${does}\n`)
  await chmod(path, 0o755)
  return async () => path
}

describe('the debugger’s text', notOnWindows('a POSIX shell'), () => {
  it('is what it says of the dump when it is asked by its documented options', async () => {
    const kd = await debuggerThat('for word in "$@"; do echo "<$word>"; done')
    expect(await readDebuggerText(dump, testContext(), kd)).toBe(
      `<-z>\n<${dump}>\n<-c>\n<${DEBUGGER_COMMANDS}>`,
    )
  })

  it('is bounded and printable, however much it is', async () => {
    const text = await readDebuggerText(
      dump,
      testContext(),
      await debuggerThat(`printf '\\033[31mred\\033[0m\\n'; yes`),
    )
    expect(text?.startsWith('the debugger said more than is kept\nred\ny\n')).toBe(true)
    expect(text?.length).toBeLessThan(256 * 1024 + 100)
  })

  it('says when the debugger failed, and is nothing for what is no kernel dump', async () => {
    expect(await readDebuggerText(dump, testContext(), await debuggerThat('echo why >&2; exit 3'))).toBe(
      'the debugger ended with 3\nwhy',
    )
    const other = join(folder, 'other.dmp')
    await writeFile(other, 'MDMP and so on')
    expect(await readDebuggerText(other, testContext(), await debuggerThat('echo asked'))).toBeUndefined()
    expect(await readDebuggerText(dump, testContext(), async () => undefined)).toBeUndefined()
  })

  it('ends with its deadline', async () => {
    const text = await readDebuggerText(dump, testContext(2), await debuggerThat('echo begun; exec sleep 60'))
    expect(text).toContain('did not end in time')
    expect(text).toContain('begun')
  })
})

describe('the debugger', () => {
  it('comes from PATH, else from where the kit puts it', async () => {
    const kit = join(folder, 'Windows Kits', '10', 'Debuggers', 'x64')
    await mkdir(kit, { recursive: true })
    await writeFile(join(kit, 'kd.exe'), '')
    expect(await findDebugger({ 'ProgramFiles(x86)': folder, Path: '' }, 'win32')).toBe(join(kit, 'kd.exe'))
    expect(await findDebugger({ PATH: kit }, 'win32')).toBe(join(kit, 'kd.exe'))
    expect(await findDebugger({ PATH: folder }, 'win32')).toBeUndefined()
  })
})
