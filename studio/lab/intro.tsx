import { useState } from 'preact/hooks'

const kept = 'spikelet-intro-read'

/** What a first visit reads: a minute, and no other page. */
export function Intro() {
  const [isOpen, setOpen] = useState(() => localStorage.getItem(kept) === null)
  const toggle = (open: boolean) => {
    setOpen(open)
    if (!open) localStorage.setItem(kept, 'yes')
  }
  return (
    <details
      class="card"
      style={{ marginBottom: '1rem' }}
      open={isOpen}
      onToggle={({ currentTarget }) => toggle(currentTarget.open)}
    >
      <summary>What is a spike, and why does CLIF learn over longer times?</summary>
      <div class="grid" style={{ marginTop: '0.7rem' }}>
        <p>
          <b>A spiking neuron keeps a potential.</b> Each step, part of it leaks away and the input is added. Where the
          potential reaches the threshold (the dashed line), the neuron sends a spike, a plain 1, and the potential is
          taken down. Between spikes it sends nothing, and nothing has to be computed: that is why such networks can
          save energy.
        </p>
        <p>
          <b>Learning goes backwards in time.</b> How should the input of step 3 have been, for the output of step 20 to
          be right? The answer travels back through the potential, and at every step the leak takes its share, as it did
          on the way there. With LIF almost nothing is left after a few steps: see the curve below.
        </p>
        <p>
          <b>CLIF adds a second state that remembers spikes</b> and leaks otherwise. It lowers the potential after a
          neuron has fired much, and it opens a second way for the gradient. Compare both curves. Then move a slider, or
          change an equation: everything follows.
        </p>
      </div>
    </details>
  )
}
