variable "name" {
  type = string
}

variable "mfa_delete" {
  type    = string
  default = null
}

variable "acl" {
  type    = string
  default = null
}

resource "aws_s3_bucket" "this" {
  bucket = var.name
  acl    = var.acl
}

resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.this.id

  versioning_configuration {
    status     = "Enabled"
    mfa_delete = var.mfa_delete
  }
}
