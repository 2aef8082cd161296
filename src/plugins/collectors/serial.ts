/** What the machine wrote to its serial line, and the crash that it names there. */
import { bounded, printable } from '../../kit/text.ts'
import type { FactOf } from '../../model/observation.ts'
import type { Collector } from '../../sdk/collector.ts'

/** A start under emulation writes about 40 KiB; a loop of many starts fits, and a flood keeps its end. */
const MOST_BYTES = 2 * 1024 * 1024

export const serial: Collector = {
  id: 'serial',
  when: 'always',
  async collect(target, sink) {
    const tail = await target.machine.serial?.tail(MOST_BYTES)
    if (tail === undefined || tail.length === 0) return []
    const text = printable(tail.toString('utf8'))
    const id = await sink.save('serial.log', 'text/plain; charset=utf-8', Buffer.from(text))
    const crash = target.os.readSerialCrash(text)
    if (crash === undefined || target.knownCrashes?.includes(crash.title) === true) return []
    const excerpt = await sink.save(
      'panic.txt',
      'text/plain; charset=utf-8',
      Buffer.from(printable(crash.excerpt)),
    )
    const fact: FactOf<'crash'> = {
      kind: 'crash',
      mechanism: 'panic',
      title: bounded(crash.title, 360),
      ...(crash.module === undefined ? {} : { module: crash.module.slice(0, 128) }),
      ...(crash.function === undefined ? {} : { function: crash.function.slice(0, 256) }),
      // The line does not say how far the start had got; whoever watched the machine knows better.
      milestone: 'kernel',
      bootOrdinal: 1,
    }
    return [{ fact, evidence: [id, excerpt] }]
  },
}
