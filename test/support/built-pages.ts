/** Before the tests: the pages of `dist/page` are built where they are missing or older than their sources. */
import { globSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build } from 'vite'

const root = resolve(import.meta.dirname, '../..')

/** The files that `npm run build:pages` makes. */
export const PAGES = ['report', 'plan', 'history', 'rings']

export default async function buildPages(): Promise<void> {
  const newest = Math.max(
    ...globSync(['src/page/**/*.*', 'vite.config.ts'], { cwd: root }).map((file) =>
      modified(join(root, file)),
    ),
  )
  for (const mode of PAGES)
    if (modified(join(root, `dist/page/${mode}.html`)) < newest)
      await build({ mode, configFile: join(root, 'vite.config.ts') })
}

/** Milliseconds since 1970; 0 where there is no such file. */
function modified(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0
}
