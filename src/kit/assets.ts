/** Finds the files that ship beside the code (scripts, pages, data): they stay in `src/` and are never copied by the build. */
import { fileURLToPath } from 'node:url'

/** The folder that holds package.json, whether this runs from `src/` or from `dist/`. */
export const packageRoot = fileURLToPath(new URL('../../', import.meta.url))

/** Absolute path of a shipped file; `relative` is counted from `src/`, as in `plugins/providers/hyper-v/scripts/create.ps1`. */
export function assetPath(relative: string): string {
  return `${packageRoot}src/${relative}`
}

/** Absolute path of a file that the build makes; `relative` is counted from `dist/`, as in `page/report.html`. */
export function builtPath(relative: string): string {
  return `${packageRoot}dist/${relative}`
}
