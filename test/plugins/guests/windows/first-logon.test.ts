/** A new user's first session, by the script as it ships, in the real engine, on a described Windows. */
import { expect, it, vi } from 'vitest'
import { readFirstLogon } from '../../../../src/plugins/guests/windows/system-probes.ts'
import { runProbe } from '../../../../src/plugins/guests/windows/run-probe.ts'
import { FirstLogonAnswer } from '../../../../src/plugins/guests/windows/system-answers.ts'
import type { FirstLogon } from '../../../../src/sdk/guest-os.ts'
import { testContext } from '../../../stand-ins/local-guest.ts'
import { powerShellGuest } from '../../../stand-ins/powershell-guest.ts'
import { notOnWindows } from '../../../windows-host/not-on-windows.ts'

// Each question starts the engine anew, which takes seconds on a busy computer.
vi.setConfig({ testTimeout: 300_000 })
const onLinux = notOnWindows('a Windows that a file describes, in the engine of Linux')

interface Accounts {
  readonly session?: string
  readonly refuses?: string
  readonly there?: string
  readonly keeps?: boolean
}

async function signIn({ session = 'opens', ...more }: Accounts, DomainRole = 1, seconds?: number) {
  const guest = await powerShellGuest(
    JSON.stringify({
      cim: { Win32_ComputerSystem: [{ DomainRole }], Win32_UserProfile: [] },
      registry: {},
      files: [],
      accounts: { session, there: null, ...more },
    }),
  )
  const ctx = testContext(200)
  return seconds === undefined
    ? await readFirstLogon(guest, ctx)
    : await runProbe('first-logon', { seconds }, FirstLogonAnswer, guest, ctx)
}

const MARK = 'ringzero signs a new user in'

it.each<[string, Accounts, Partial<FirstLogon>]>([
  ['opens in a profile of its own', {}, { outcome: 'signed-in', detail: '', left: [] }],
  ['opens after an account that an interrupted look left is gone', { there: MARK }, { outcome: 'signed-in' }],
  [
    'ends with an error',
    { session: 'ends with 5' },
    { detail: 'its session ends with 0x00000005', left: [] },
  ],
  [
    'gets a temporary profile',
    { session: 'temporary' },
    { outcome: 'failed', detail: 'its profile is temporary or corrupted: C:\\Users\\rz-first-logon' },
  ],
  [
    'is refused an account',
    { refuses: 'Access denied.' },
    { outcome: 'refused', detail: 'Access denied.', left: [] },
  ],
  ['leaves its profile', { keeps: true }, { outcome: 'signed-in', left: ['C:\\Users\\rz-first-logon'] }],
])('a session that %s is told so', onLinux, async (_, accounts, told) => {
  expect(await signIn(accounts)).toMatchObject(told)
})

it('a session that hangs is given up, and its account is taken away all the same', onLinux, async () => {
  const told = await signIn({ session: 'hangs' }, 1, 1)
  expect(told).toMatchObject({ outcome: 'failed', detail: 'its session does not end within 1 s', left: [] })
})

it('an account of that name which somebody else made is not touched', onLinux, async () => {
  await expect(signIn({ there: 'Fred' })).rejects.toThrow('an account of somebody else')
})

it('a domain controller has no accounts of its own', onLinux, async () => {
  expect(await signIn({}, 5)).toBeUndefined()
})
