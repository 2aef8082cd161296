/** A stranger's folder: plugins, and node_modules with ringzero behind the doors of its package.json. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { packageRoot } from '../../src/kit/assets.ts'

/** Makes the folder with copies of these plugins of fixtures/plugins; the caller removes it. */
export function strangersFolder(...plugins: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'ringzero-plugins-'))
  const installed = join(folder, 'node_modules/ringzero')
  mkdirSync(installed, { recursive: true })
  const manifest = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
    exports: Record<string, string | { default: string }>
  }
  // The sources stand in for dist, so that these tests need no build. Doors of our own lead to them: links are not for everybody.
  const doors = Object.entries(manifest.exports).map(([door, target], index) => {
    if (typeof target === 'string') return [door, target]
    const source = join(packageRoot, target.default.replace('./dist/', 'src/').replace(/\.js$/, '.ts'))
    writeFileSync(join(installed, `door-${index}.js`), `export * from '${pathToFileURL(source).href}'\n`)
    return [door, `./door-${index}.js`]
  })
  const shown = { name: 'ringzero', type: 'module', exports: Object.fromEntries(doors) as unknown }
  writeFileSync(join(installed, 'package.json'), JSON.stringify(shown))
  for (const name of plugins)
    cpSync(join(packageRoot, 'fixtures/plugins', name), join(folder, name), { recursive: true })
  return folder
}
