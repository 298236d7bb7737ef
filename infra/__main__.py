"""Writes the templates: `python -m infra`."""

from infra.node import use_installed_node

use_installed_node()  # first, because importing aws_cdk starts Node.js

from infra.app import main  # noqa: E402

main()
