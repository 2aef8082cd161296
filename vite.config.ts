/** Builds one page of `src/page` into one file of `dist/page`: `vite build --mode report`, `vite build --mode plan`. */
import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { defineConfig, type Plugin } from 'vite'
import { viteSingleFile } from 'vite-plugin-singlefile'

const root = resolve(import.meta.dirname, 'src/page')

export default defineConfig(({ mode }) => ({
  root,
  logLevel: 'warn',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [viteSingleFile(), securityPolicy()],
  build: {
    target: 'es2024',
    outDir: resolve(import.meta.dirname, 'dist/page'),
    emptyOutDir: false,
    modulePreload: false,
    rolldownOptions: { input: resolve(root, `${mode}.html`) },
  },
}))

/** Replaces `<!--POLICY-->`: only the script and the style that were built may take effect, and nothing may be loaded. */
function securityPolicy(): Plugin {
  return {
    name: 'security-policy',
    enforce: 'post',
    generateBundle: {
      order: 'post',
      handler(_, bundle) {
        for (const file of Object.values(bundle)) {
          if (file.type !== 'asset' || !file.fileName.endsWith('.html')) continue
          file.source = withPolicy(String(file.source))
        }
      },
    },
  }
}

function withPolicy(html: string): string {
  const script = /<script type="module"[^>]*>([^]*?)<\/script>/.exec(html)?.[1]
  const style = /<style[^>]*>([^]*?)<\/style>/.exec(html)?.[1]
  if (script === undefined || style === undefined) throw new Error('the built page has no script or no style')
  const policy = [
    "default-src 'none'",
    `script-src '${hashSource(script)}'`,
    `style-src '${hashSource(style)}'`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    // No text can become markup or code, not even by a mistake of ours.
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ')
  return html
    .replace(/ (?:crossorigin|rel="stylesheet")/g, '')
    .replace('<!--POLICY-->', () => `<meta http-equiv="Content-Security-Policy" content="${policy}" />`)
}

function hashSource(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}
