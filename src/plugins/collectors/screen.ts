/** What a person would see on the machine's screen now. */
import type { Collector } from '../../sdk/collector.ts'

const MOST_BYTES = 8 * 1024 * 1024

export const screen: Collector = {
  id: 'screen',
  when: 'on-symptom',
  async collect(target, sink, ctx) {
    const png = await target.machine.screen?.capture(ctx)
    if (png !== undefined && png.length <= MOST_BYTES) await sink.save('screen.png', 'image/png', png)
    return []
  },
}
