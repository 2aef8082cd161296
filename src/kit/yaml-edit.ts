/** Changes values of a YAML text and keeps its comments. */
import { parseDocument } from 'yaml'

/** One value and where it goes, as keys and indexes from the root. */
export interface YamlChange {
  readonly path: readonly (string | number)[]
  /** `undefined` removes what stands there. */
  readonly value: unknown
}

/** The text with these changes, in their order. Comments stay where they are. @throws the yaml package's error for text that is no YAML, or a path through a scalar */
export function changeYaml(text: string, changes: readonly YamlChange[]): string {
  const document = parseDocument(text)
  const [error] = document.errors
  if (error !== undefined) throw error
  for (const { path, value } of changes)
    if (value === undefined) document.deleteIn(path)
    else document.setIn(path, value)
  return document.toString({ lineWidth: 110 })
}
