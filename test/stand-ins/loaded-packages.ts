/** A product and a candidate as loading gives them. */
import { sha256 } from '../../src/kit/hash.ts'
import type { LoadedCandidate } from '../../src/model/candidate.ts'
import type { LoadedProduct } from '../../src/model/product.ts'

/** A product with a probe, a service, a driver and one file. */
export function loadedProduct(change: Partial<LoadedProduct> = {}): LoadedProduct {
  return {
    version: 1,
    id: 'netwatch',
    title: 'Net Watch',
    release: '1',
    kind: 'script',
    files: [],
    health: {
      linux: {
        probe: { program: '/opt/netwatch/health', arguments: [] },
        services: ['netwatchd'],
        drivers: ['sensor'],
        protectedFiles: ['/opt/netwatch/rules'],
      },
    },
    folder: '/products/netwatch',
    sha256: sha256('netwatch'),
    ...change,
  }
}

/** A content update that puts `text` at `/opt/netwatch/rules`. */
export function loadedCandidate(text: string, change: Partial<LoadedCandidate> = {}): LoadedCandidate {
  return {
    version: 1,
    id: 'rules',
    release: '2',
    kind: 'content',
    files: [{ path: 'rules.bin', sha256: sha256(text) }],
    recipes: { linux: { install: { place: [{ file: 'rules.bin', to: '/opt/netwatch/rules' }] } } },
    folder: '/candidates/rules',
    sha256: sha256(`candidate ${text}`),
    ...change,
  }
}
