export default function MicroscopePage() {
  return <p class="waiting">Microscope</p>
}
