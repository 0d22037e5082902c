/**
 * What vitest's JSON results come to. A file that could not run, or a run that ended badly without a failing test,
 * counts as a failure: nothing that went wrong may look like success.
 * @param {{ testResults: any[] } | undefined} results undefined where vitest wrote none
 * @param {number | null} code vitest's exit code
 * @returns {{ lines: string[], last: string, failed: number }}
 */
export function summaryOf(results, code) {
  const files = results?.testResults ?? []
  const tests = files.flatMap((file) => file.assertionResults.map((test) => ({ ...test, file: file.name })))
  const count = (...states) => tests.filter(({ status }) => states.includes(status)).length
  const failures = tests.filter(({ status }) => status === 'failed').map(failureOfTest)
  for (const file of files) if (failedWhole(file)) failures.push(`FAIL ${file.name}\n${indent(file.message)}`)
  if (failures.length === 0 && (code !== 0 || results === undefined || tests.length === 0)) {
    failures.push(`FAIL vitest ended with exit code ${code}; what it printed above says why`)
  }
  const skipped = count('skipped', 'pending', 'todo', 'disabled')
  const last = `${count('passed')} passed, ${failures.length} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
  return { lines: failures, last, failed: failures.length }
}

/** A file that failed without a failing test in it: it could not be loaded, or a hook threw. */
function failedWhole(file) {
  return file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed')
}

function failureOfTest({ file, fullName, failureMessages }) {
  return `FAIL ${file}\n  ${fullName}\n${indent((failureMessages ?? []).join('\n'))}`
}

function indent(text) {
  const lines = String(text ?? '').split('\n')
  return lines.map((line) => `    ${line}`).join('\n')
}
