"""The AWS resources, as a CDK app."""
