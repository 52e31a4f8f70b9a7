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

# Of a document with several instances the configuration names the whole data source. With each.key and
# count.index it is the instance of the same key; by another key the plan does not tell which one.
locals {
  twins = { web = "batch", batch = "web" }
}

resource "aws_sqs_queue" "jobs" {
  name = "fixture-jobs"
}

data "aws_iam_policy_document" "trust" {
  for_each   = { web = "ec2.amazonaws.com", batch = "*" }
  depends_on = [aws_sqs_queue.jobs]

  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = each.key == "web" ? "Service" : "AWS"
      identifiers = [each.value]
    }
  }
}

resource "aws_iam_role" "same_key" {
  for_each = toset(["web", "batch"])

  name               = "fixture-${each.key}"
  assume_role_policy = data.aws_iam_policy_document.trust[each.key].json
}

resource "aws_iam_role" "other_key" {
  name               = "fixture-other-key"
  assume_role_policy = data.aws_iam_policy_document.trust[local.twins["web"]].json
}

resource "aws_iam_role" "given_key" {
  name               = "fixture-given-key"
  assume_role_policy = data.aws_iam_policy_document.trust["web"].json
}

data "aws_iam_policy_document" "access" {
  count = 2

  statement {
    actions   = count.index == 0 ? ["sqs:SendMessage"] : ["*"]
    resources = [aws_sqs_queue.jobs.arn]
  }
}

resource "aws_iam_policy" "access" {
  count = 2

  name   = "fixture-access-${count.index}"
  policy = data.aws_iam_policy_document.access[count.index].json
}

data "aws_iam_policy_document" "all" {
  source_policy_documents = [for document in data.aws_iam_policy_document.access : document.json]
}

resource "aws_iam_policy" "all" {
  name   = "fixture-all"
  policy = data.aws_iam_policy_document.all.json
}
