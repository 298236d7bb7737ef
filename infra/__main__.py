"""Writes the templates: `python -m infra`."""

from infra.node import use_installed_node

use_installed_node()  # before aws_cdk is imported, which starts Node

from infra.app import main  # noqa: E402

main()
