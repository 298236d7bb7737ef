"""The AWS resources, as a CDK app."""

from infra.node import use_installed_node

use_installed_node()  # before any module of this package imports aws_cdk, which starts jsii
