terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

provider "aws" {
  region = "eu-central-1"
}

# Documents of documents: a source adds its statements, an override replaces those with its label. One of
# them waits for the bucket's ARN; all of them are rebuilt. An override that is a template may replace any
# statement that has a label: then the whole document is unknown.
resource "aws_s3_bucket" "site" {
  bucket_prefix = "fixture-site-"
}

resource "aws_s3_bucket_public_access_block" "site" {
  bucket                  = aws_s3_bucket.site.id
  block_public_policy     = false
  restrict_public_buckets = false
}

data "aws_iam_policy_document" "known" {
  statement {
    sid       = "PlainHttp"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = ["*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }

  statement {
    sid       = "Read"
    actions   = ["s3:GetObject"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::111122223333:root"]
    }
  }
}

data "aws_iam_policy_document" "override" {
  statement {
    sid       = "Read"
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.site.arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }
}

data "aws_iam_policy_document" "merged" {
  source_policy_documents   = [data.aws_iam_policy_document.known.json]
  override_policy_documents = [data.aws_iam_policy_document.override.json]
}

resource "aws_s3_bucket_policy" "site" {
  bucket = aws_s3_bucket.site.id
  policy = data.aws_iam_policy_document.merged.json
}

resource "aws_s3_bucket" "other" {
  bucket = "fixture-other"
}

data "aws_iam_policy_document" "templated" {
  source_policy_documents = [data.aws_iam_policy_document.known.json]

  override_policy_documents = [jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Sid = "Read", Effect = "Deny", Principal = "*", Action = "*", Resource = aws_s3_bucket.other.arn }]
  })]
}

resource "aws_s3_bucket_policy" "other" {
  bucket = aws_s3_bucket.other.id
  policy = data.aws_iam_policy_document.templated.json
}
