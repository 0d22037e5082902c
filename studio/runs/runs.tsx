export default function RunsPage() {
  return <p class="waiting">Runs</p>
}
