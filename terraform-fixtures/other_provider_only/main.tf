# Nothing of AWS: nothing is judged, and the gate says so.
resource "terraform_data" "build" {
  input = "42"
}
