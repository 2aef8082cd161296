/** Version numbers of Windows and its programs: fields of digits between dots, compared as numbers from the left. */

/** The fields, undefined for what is no such number; white space around it and a missing field (`7.11`) are allowed. */
export function versionFields(text: string): readonly bigint[] | undefined {
  const plain = text.trim()
  return /^\d{1,20}(?:\.\d{1,20}){0,7}$/.test(plain)
    ? plain.split('.').map((field) => BigInt(field))
    : undefined
}

/** Smaller, equal or larger; `7.11` and `7.11.0.0` are one version. undefined where either is no version number. */
export function compareVersions(a: string, b: string): -1 | 0 | 1 | undefined {
  const [left, right] = [versionFields(a), versionFields(b)]
  if (left === undefined || right === undefined) return undefined
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const [one, other] = [left[index] ?? 0n, right[index] ?? 0n]
    if (one !== other) return one < other ? -1 : 1
  }
  return 0
}

/** Whether both name one version: as numbers where both are such, else letter by letter without regard to case. */
export function sameVersion(a: string, b: string): boolean {
  const order = compareVersions(a, b)
  return order === undefined ? a.trim().toLowerCase() === b.trim().toLowerCase() : order === 0
}
