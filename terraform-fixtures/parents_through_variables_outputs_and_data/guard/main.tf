variable "bucket" {
  type = string
}

variable "blocked" {
  type    = bool
  default = true
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket                  = var.bucket
  block_public_acls       = var.blocked
  ignore_public_acls      = var.blocked
  block_public_policy     = false
  restrict_public_buckets = var.blocked
}
