terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region = "eu-west-1"
}

variable "subnet_id" {
  type = string
}

variable "security_group_id" {
  type = string
}

module "key" {
  source = "./key"
}

resource "aws_iam_role" "notebook" {
  name                 = "notebook"
  permissions_boundary = "arn:aws:iam::111122223333:policy/boundary"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "sagemaker.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = "111122223333" } }
    }]
  })
}

resource "aws_sagemaker_notebook_instance" "research" {
  name                   = "research"
  role_arn               = aws_iam_role.notebook.arn
  instance_type          = "ml.t3.medium"
  platform_identifier    = "notebook-al2023-v1"
  subnet_id              = var.subnet_id
  security_groups        = [var.security_group_id]
  direct_internet_access = "Disabled"
  root_access            = "Disabled"
  kms_key_id             = module.key.arn

  instance_metadata_service_configuration {
    minimum_instance_metadata_service_version = "2"
  }

  tags = {
    team = "research"
  }
}
