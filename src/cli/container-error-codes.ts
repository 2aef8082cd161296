/** The codes of machines in containers. */

/** By code: what it means, and what to do about it. */
export const CONTAINER_ERROR_CODES: Readonly<
  Record<string, { readonly means: string; readonly fix: string }>
> = {
  HOST_ENGINE: {
    means: 'The container engine does not answer.',
    fix: 'start it, or name it by options.engine of the host, DOCKER_HOST or a Docker context',
  },
  HOST_CONTAINER: {
    means: 'The container engine refused what a machine needs.',
    fix: 'read the message of the engine; run `ringzero doctor --lab lab.yaml`',
  },
  HOST_RUNNER_IMAGE: {
    means: 'The image that machines run in cannot be built on this computer.',
    fix: 'build on Debian or Ubuntu, or name an image with QEMU by options.image of the host',
  },
  HOST_STATE: {
    means: 'A file in the state folder of a host does not hold what it should.',
    fix: 'run `ringzero sweep`, then remove the file',
  },
}
