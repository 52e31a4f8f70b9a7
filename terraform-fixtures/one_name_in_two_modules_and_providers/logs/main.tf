variable "versioning" {
  type = string
}

resource "aws_s3_bucket" "this" {
  bucket = "fixture-logs"
}

resource "aws_s3_bucket_versioning" "this" {
  bucket = "fixture-logs"

  versioning_configuration {
    status = var.versioning
  }
}
