import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { ResourceError, UsageError } from './errors.ts'
import { systemFault } from './system-fault.ts'

const thrownBy = (work: () => unknown) => {
  try {
    work()
  } catch (error) {
    return error
  }
  return undefined
}

it('says what the system refused, where, and what helps', () => {
  const fault = systemFault(thrownBy(() => readFileSync('/nowhere/at/all')))
  expect(fault).toBeInstanceOf(ResourceError)
  expect((fault as Error).message).toBe(
    'there is no such file or folder\n  /nowhere/at/all\n' +
      "  got      ENOENT: no such file or directory, open '/nowhere/at/all'\nCheck the path.",
  )
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', syscall: 'write' })
  expect((systemFault(full, { path: 'runs/a' }) as Error).message).toContain('the disk is full\n  runs/a')
})

it('leaves every other error as it is', () => {
  for (const error of [new Error('no'), new UsageError({ what: 'no' }), 'no', undefined]) {
    expect(systemFault(error, { path: 'a' })).toBe(error)
  }
})
