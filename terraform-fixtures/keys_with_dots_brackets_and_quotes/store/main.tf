variable "name" {
  type = string
}

resource "aws_s3_bucket" "this" {
  for_each      = toset(["x.y[\"1\"]"])
  bucket_prefix = var.name
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each            = aws_s3_bucket.this
  bucket              = aws_s3_bucket.this["x.y[\"1\"]"].id
  block_public_policy = true
}

output "buckets" {
  value = { for key, bucket in aws_s3_bucket.this : key => bucket.id }
}
