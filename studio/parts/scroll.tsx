import type { ComponentChildren } from 'preact'

interface ScrollProps {
  readonly label: string
  readonly className?: string
  readonly children: ComponentChildren
}

/** What may be wider or higher than the page; the keyboard reaches it. */
export function Scroll({ label, className = '', children }: ScrollProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: without it the keyboard could not scroll
    <section class={`scroll ${className}`} tabIndex={0} aria-label={label}>
      {children}
    </section>
  )
}
