/** Values of axes as people read them everywhere: in errors, tables, reports. */

/** `build=micro-6.12 cpu=max`; `separator` stands between the values. */
export function configurationText(configuration: Readonly<Record<string, string>>, separator = ' '): string {
  return Object.entries(configuration)
    .map(([axis, value]) => `${axis}=${value}`)
    .join(separator)
}
