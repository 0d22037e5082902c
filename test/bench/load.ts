/** A script of bench/, which is JavaScript on the build. */
export async function load(name: string): Promise<Record<string, unknown>> {
  return import(new URL(`../../bench/${name}`, import.meta.url).href)
}
