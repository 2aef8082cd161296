/** The version that reports and control keys carry. */
import { readFileSync } from 'node:fs'
import { packageRoot } from '../kit/assets.ts'

/** `version` of package.json. */
export function toolVersion(): string {
  const manifest = JSON.parse(readFileSync(`${packageRoot}package.json`, 'utf8')) as {
    readonly version: string
  }
  return manifest.version
}
