variable "name" {
  type = string
}

variable "key_arn" {
  type = string
}

resource "aws_iam_role" "this" {
  name               = var.name
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" }] })

  dynamic "inline_policy" {
    for_each = var.key_arn == null ? [] : [var.key_arn]

    content {
      name   = "decrypt"
      policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "kms:Decrypt", Resource = inline_policy.value }] })
    }
  }
}
