/** Event log, crash records and install logs of a guest that still answers. */
import { join } from 'node:path'
import { AppError } from '../../model/errors.ts'
import type { Collector } from '../../sdk/collector.ts'
import { evidenceName } from './evidence-name.ts'
import { logMediaType } from './log-media-type.ts'

const MOST_FILES = 50
const MOST_BYTES = 4 * 1024 * 1024

export const guestFiles: Collector = {
  id: 'guest-files',
  when: 'on-symptom',
  async collect(target, sink, ctx) {
    const { guest, os, scratch } = target
    if (guest === undefined) return []
    const { files } = await os.files(os.forensicPaths(), guest, ctx, MOST_FILES)
    for (const [index, path] of [...files.keys()].entries()) {
      const local = join(scratch, `live-${index}`)
      try {
        await guest.pull(path, local, ctx, MOST_BYTES)
      } catch (error) {
        // A log may be rotated away between the listing and the copy.
        if (error instanceof AppError && error.code === 'GUEST_FILE_MISSING') continue
        throw error
      }
      await sink.saveFile(evidenceName('live', index, path), logMediaType(path), local)
    }
    return []
  },
}
