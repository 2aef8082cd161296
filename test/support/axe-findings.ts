/** What axe-core, the accessibility checker, finds on a page. */
import axe from 'axe-core'
import type { Browser } from 'playwright-core'
import { openFile } from './browser.ts'

interface Finding {
  readonly id: string
  readonly impact: string | null
  readonly nodes: readonly { readonly html: string }[]
}

/** Serious and critical findings, each as `rule: element`. */
export async function axeFindings(
  browser: Browser,
  file: string,
  viewport: { readonly width: number; readonly height: number },
  options: { readonly colorScheme?: 'light' | 'dark'; readonly hash?: string } = {},
): Promise<readonly string[]> {
  const { page } = await openFile(browser, `${file}${options.hash ?? ''}`, {
    viewport,
    colorScheme: options.colorScheme ?? 'light',
  })
  try {
    await page.evaluate(axe.source)
    const { violations } = await page.evaluate<{ readonly violations: readonly Finding[] }>('axe.run()')
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`))
  } finally {
    await page.close()
  }
}
