import type { RunSection } from 'spikelet/report'
import { Pictures } from '../parts/pictures.tsx'

/** Parts of a report, each in a box. */
export function ReportSections({ sections }: { readonly sections: readonly RunSection[] }) {
  return (
    <>
      {sections
        .filter(({ html }) => html !== '')
        .map(({ name, title, html, className, folded }) => (
          <section class="card stack fade" key={name}>
            {folded ? (
              <details>
                <summary>{title}</summary>
                <Pictures html={html} className={className} />
              </details>
            ) : (
              <>
                <h2>{title}</h2>
                <Pictures html={html} className={className} />
              </>
            )}
          </section>
        ))}
    </>
  )
}
