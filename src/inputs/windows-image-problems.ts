/** What Windows' setup would refuse, or take and then not do, in an image of lab.yaml that it is to install. */
import { readFileSync } from 'node:fs'
import { assetPath } from '../kit/assets.ts'
import { nearestWord } from '../kit/nearest-word.ts'
import { oneLine } from '../kit/text.ts'
import type { LabImage } from '../model/lab.ts'
import { WINDOWS_COMPUTER_NAME, WindowsBuildSchema } from '../model/windows-build.ts'
import { describeIssues } from './describe-issues.ts'

export interface ImageProblem {
  /** Below the image's entry. */
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly hint: string
}

/** Refused in names of local accounts (Microsoft's page of NetUserAdd, and its naming rules for accounts). */
const ACCOUNT_CHARACTERS = /["/\\[\]:;|=,+*?<>@]/
const ACCOUNT_LENGTH = 20
/** Accounts and groups that each Windows has, or that its security authority knows under these names. */
const TAKEN_ACCOUNTS = new Set([
  'administrator',
  'administrators',
  'guest',
  'guests',
  'users',
  'defaultaccount',
  'wdagutilityaccount',
  'system',
  'local service',
  'network service',
  'everyone',
  'none',
])

/** Every problem of an image of kind windows; none for other kinds. Absent fields are not reported here. */
export function windowsImageProblems(image: LabImage): readonly ImageProblem[] {
  if (image.kind !== 'windows') return []
  return [...accountProblems(image.credentials?.user), ...buildProblems(image.build)]
}

function accountProblems(user: string | undefined): readonly ImageProblem[] {
  if (user === undefined) return []
  const path = ['credentials', 'user']
  const refuse = (because: string, hint: string): readonly ImageProblem[] => [
    { path, message: `Windows makes no account "${oneLine(user, 60)}": ${because}`, hint },
  ]
  const shorter = `give it at most ${ACCOUNT_LENGTH} letters and digits, as ringzero`
  const character = ACCOUNT_CHARACTERS.exec(user)?.[0]
  const name = user.toLowerCase()
  if (user.trim() === '' || /^[. ]+$/.test(user)) return refuse('it has no letter', shorter)
  if (user.length > ACCOUNT_LENGTH) return refuse(`it has more than ${ACCOUNT_LENGTH} characters`, shorter)
  if (character !== undefined) return refuse(`it has a ${character}`, shorter)
  if (/\p{Cc}/u.test(user)) return refuse('it has a control character', shorter)
  if (user !== user.trim() || user.endsWith('.'))
    return refuse('it begins or ends with a space or a dot', 'remove it')
  if (name === WINDOWS_COMPUTER_NAME.toLowerCase())
    return refuse(
      'the computer is called so, and Windows puts such an account into no group',
      'choose another',
    )
  if (TAKEN_ACCOUNTS.has(name)) return refuse('Windows has one of this name', 'choose another, as ringzero')
  return []
}

function buildProblems(build: LabImage['build']): readonly ImageProblem[] {
  if (build === undefined) return []
  const parsed = WindowsBuildSchema.safeParse(build)
  const issues = parsed.success ? [] : describeIssues(WindowsBuildSchema, parsed.error.issues, build)
  const { timeZone, language } = build
  return [
    // Of a language it can say more than its form.
    ...issues
      .filter(({ path }) => path[0] !== 'language' || typeof language !== 'string')
      .map(({ path, message, hint }) => ({
        path: ['build', ...path],
        message,
        hint: hint ?? 'see docs/windows.md for an example',
      })),
    ...(typeof timeZone === 'string' ? timeZoneProblems(timeZone) : []),
    ...(typeof language === 'string' ? languageProblems(language) : []),
  ]
}

let zones: Readonly<Record<string, readonly string[]>> | undefined

/** Windows' names of time zones, each with the IANA names that it stands for. */
function timeZones(): Readonly<Record<string, readonly string[]>> {
  zones ??= (
    JSON.parse(readFileSync(assetPath('inputs/data/windows-time-zones.json'), 'utf8')) as {
      readonly zones: Readonly<Record<string, readonly string[]>>
    }
  ).zones
  return zones
}

/** Windows compares the names of its zones without case: they are keys of the registry. */
function timeZoneProblems(zone: string): readonly ImageProblem[] {
  const known = Object.entries(timeZones())
  const wanted = zone.toLowerCase()
  if (known.some(([name]) => name.toLowerCase() === wanted)) return []
  const iana = new Set([zone, canonicalZone(zone)].map((name) => name.toLowerCase()))
  const found = known.find(([, names]) => names.some((name) => iana.has(name.toLowerCase())))?.[0]
  const near =
    found ??
    nearestWord(
      zone,
      known.map(([name]) => name),
    )
  return [
    {
      path: ['build', 'timeZone'],
      message: `Windows knows no time zone "${oneLine(zone, 64)}"`,
      hint:
        near === undefined
          ? 'tzutil /l lists Windows’ names, as W. Europe Standard Time'
          : `Windows calls it "${near}"`,
    },
  ]
}

function canonicalZone(zone: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone
  } catch {
    return zone
  }
}

/** A language, perhaps with a script, and a region: setup and DISM refuse a language alone. */
const LANGUAGE_AND_REGION = /^[a-z]{2,3}(?:-[a-z]{4})?-(?:[a-z]{2}|\d{3})$/i

function languageProblems(language: string): readonly ImageProblem[] {
  if (LANGUAGE_AND_REGION.test(language) && isKnown(language)) return []
  const full = withRegion(language)
  return [
    {
      path: ['build', 'language'],
      message: `Windows knows no language "${oneLine(language, 32)}"`,
      hint:
        full === undefined || full.toLowerCase() === language.toLowerCase()
          ? 'name a language and its region, as de-DE'
          : `Windows’ names have a region: write ${full}`,
    },
  ]
}

/** Whether there is such a language and such a region at all; which pairs a build has, only its media knows. */
function isKnown(tag: string): boolean {
  const { language, region } = new Intl.Locale(tag)
  const names = (type: 'language' | 'region'): Intl.DisplayNames =>
    new Intl.DisplayNames('en', { type, fallback: 'none' })
  return names('language').of(language) !== undefined && names('region').of(region ?? 'ZZ') !== undefined
}

/** The tag with the region where most of its speakers are; undefined for what is no tag. */
function withRegion(tag: string): string | undefined {
  try {
    const locale = new Intl.Locale(tag.replaceAll('_', '-'))
    const { language, region } = locale.maximize()
    const full = `${language}${locale.script === undefined ? '' : `-${locale.script}`}-${region ?? ''}`
    return LANGUAGE_AND_REGION.test(full) && isKnown(full) ? full : undefined
  } catch {
    return undefined
  }
}
