export default function TrainPage() {
  return <p class="waiting">Training</p>
}
