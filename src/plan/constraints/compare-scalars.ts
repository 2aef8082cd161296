import { compareVersions, versionFields } from '../../kit/version.ts'
import type { Relation } from './rule.ts'
import { asNumber } from './vocabulary.ts'
import type { Scalar } from './vocabulary.ts'

/**
 * Whether the relation holds. Numbers compare as numbers if `numeric`, else both as text without regard to case,
 * as PICT does; builds with their revision (26100.863) and versions compare as versions. A missing attribute is equal to nothing and neither smaller nor larger: only "<>" holds.
 */
export function compareScalars(
  left: Scalar | undefined,
  relation: Relation,
  right: Scalar | undefined,
  numeric: boolean,
): boolean {
  if (left === undefined || right === undefined) return relation === '<>'
  const order =
    versionOrder(String(left), relation, String(right), numeric) ??
    (numeric ? orderOf(asNumber(left)!, asNumber(right)!) : orderOf(fold(left), fold(right)))
  switch (relation) {
    case '=':
      return order === 0
    case '<>':
      return order !== 0
    case '<':
      return order < 0
    case '<=':
      return order <= 0
    case '>':
      return order > 0
    case '>=':
      return order >= 0
  }
}

/** Whether text matches a pattern in which `*` is any text and `?` any one character; case does not matter. Linear, no backtracking blow-up. */
export function matchesPattern(text: string, pattern: string): boolean {
  const [subject, wanted] = [Array.from(text.toLowerCase()), Array.from(pattern.toLowerCase())]
  let at = 0
  let place = 0
  let star = -1
  let resume = 0
  while (at < subject.length) {
    if (
      place < wanted.length &&
      wanted[place] !== '*' &&
      (wanted[place] === '?' || wanted[place] === subject[at])
    ) {
      at += 1
      place += 1
    } else if (wanted[place] === '*') {
      star = place
      resume = at
      place += 1
    } else if (star !== -1) {
      resume += 1
      at = resume
      place = star + 1
    } else return false
  }
  while (wanted[place] === '*') place += 1
  return place === wanted.length
}

/**
 * As decimals 26100.863 would stand above 26100.1742, so numbers with a build before the point are versions, and so is text
 * of fields of digits; two fields are text enough to be equal only letter by letter. undefined: no versions.
 */
function versionOrder(left: string, relation: Relation, right: string, numeric: boolean): number | undefined {
  if (numeric) return isBuild(left) || isBuild(right) ? compareVersions(left, right) : undefined
  const fields = Math.max(versionFields(left)?.length ?? 0, versionFields(right)?.length ?? 0)
  const isEquality = relation === '=' || relation === '<>'
  return fields >= (isEquality ? 3 : 2) ? compareVersions(left, right) : undefined
}

/** A build of Windows (7600 is Windows 7) and a revision of it. */
function isBuild(text: string): boolean {
  return /^\d{4,5}\.\d+$/.test(text.trim()) && Number(text) >= 6000
}

function fold(scalar: Scalar): string {
  return String(scalar).toLowerCase()
}

function orderOf<T extends number | string>(left: T, right: T): number {
  if (left === right) return 0
  return left < right ? -1 : 1
}
