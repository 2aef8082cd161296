/** What Microsoft's list of allocated altitudes says about a minifilter (data/altitudes.json). */
import { readDataFile } from './data-file.ts'

interface AltitudeData {
  readonly groups: readonly (readonly [name: string, low: number, high: number])[]
  readonly filters: readonly (readonly [driver: string, altitude: string, company: string, group: string])[]
}

export interface AltitudeFacts {
  /** The load order group that the number lies in; undefined outside of every group. */
  readonly group: string | undefined
  /** Who the number is allocated to. */
  readonly owners: readonly { readonly driver: string; readonly company: string }[]
}

/** Facts about an altitude: an exact decimal text, compared as text because it has unlimited precision. Total. */
export function lookUpAltitude(altitude: string): AltitudeFacts {
  const normal = normaliseAltitude(altitude)
  if (normal === undefined) return { group: undefined, owners: [] }
  const data = readDataFile('altitudes') as AltitudeData
  const whole = Number(normal.split('.')[0])
  return {
    group: data.groups.find(([, low, high]) => whole >= low && whole <= high)?.[0],
    owners: data.filters
      .filter(([, number]) => normaliseAltitude(number) === normal)
      .map(([driver, , company]) => ({ driver, company })),
  }
}

/** Vendors that list a driver file under any altitude, as `csagent.sys` → CrowdStrike. */
export function vendorsOfDriver(file: string): readonly string[] {
  const data = readDataFile('altitudes') as AltitudeData
  const wanted = file.toLowerCase()
  return [
    ...new Set(data.filters.filter(([driver]) => driver.toLowerCase() === wanted).map(([, , name]) => name)),
  ]
}

/** Without leading and trailing zeros, so that `321410.10` and `321410.1` are the same place; undefined when it is no altitude. */
export function normaliseAltitude(altitude: string): string | undefined {
  const match = /^0*(\d{1,12})(?:\.(\d{1,24}))?$/.exec(altitude.trim())
  if (match === null) return undefined
  const fraction = (match[2] ?? '').replace(/0+$/, '')
  return fraction === '' ? (match[1] ?? '') : `${match[1]}.${fraction}`
}
