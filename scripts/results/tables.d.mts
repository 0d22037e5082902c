export interface BenchRecord {
  readonly file: string
  readonly record: unknown
}

export function resultTables(records: readonly BenchRecord[]): { readonly [name: string]: string }

export function withTables(page: string, tables: { readonly [name: string]: string }): string
