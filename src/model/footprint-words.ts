import type { FootprintPart } from './health.ts'

/** What a person calls each part of a footprint. In a file of its own, since the page ships no schema. */
export const FOOTPRINT_WORDS: Readonly<Record<FootprintPart, string>> = {
  drivers: 'kernel drivers',
  minifilters: 'file system filters',
  modules: 'kernel modules',
  'filters-network': 'network filters',
}
