"""The nginx configuration that behaves like a CloudFront distribution. Pure.

It has two sides. The *viewer side* handles TLS, finds the behaviour, caches, compresses, and adds the policy's headers.
The *origin side* asks the origin, fails over to the second one, replaces errors by their page, and sets how long the
result is cached. So each result is in the cache once, under one key, where an invalidation finds it, as at CloudFront.
edge.js has the rules that need computing, and runs the distribution's functions, each in its own module.

File names are relative to the edge's folder, which is nginx's prefix and working directory.
"""

from dataclasses import dataclass

from scripts.cloud.distribution import Distribution
from scripts.cloud.nginx_origins import Upstream, Upstreams, origin_side
from scripts.cloud.nginx_syntax import block, quoted
from scripts.cloud.nginx_viewers import viewer_side

__all__ = ["Machine", "Upstream", "Upstreams", "modules", "render"]

MAIN = """\
daemon off;
pid nginx.pid;
error_log stderr warn;
worker_processes 1;
events {
    worker_connections 1024;
}"""

HTTP = """\
access_log off;
server_tokens off;
merge_slashes off;
default_type text/html;
client_body_temp_path temporary/body;
proxy_temp_path temporary/proxy;
fastcgi_temp_path temporary/fastcgi;
uwsgi_temp_path temporary/uwsgi;
scgi_temp_path temporary/scgi;
js_import edge from edge.js;
proxy_http_version 1.1;
proxy_buffer_size 16k;
proxy_buffers 8 16k;
# Responses that are not cached never touch the disk.
proxy_max_temp_file_size 0;
"""

MODULE = """\
import edge from "edge.js";

{code}
export default {{ run: (r) => edge.run(r, handler) }};
"""


@dataclass(frozen=True, slots=True)
class Machine:
    """The addresses to listen on (`host:port`), modules to load, and `user group` for the workers if run as root."""

    addresses: tuple[str, ...]
    modules: tuple[str, ...] = ()
    account: str | None = None


def modules(distribution: Distribution) -> dict[str, str]:
    """The files that nginx.conf imports besides edge.js, by name: the functions as deployed."""
    return {f"{name}.js": MODULE.format(code=code) for name, code in distribution.functions.items()}


def render(distribution: Distribution, upstreams: Upstreams, machine: Machine) -> str:
    """The text of nginx.conf."""
    http = block(
        "http",
        HTTP,
        *(f"js_import {name} from {name}.js;" for name in distribution.functions),
        *viewer_side(distribution.behaviours, distribution.root_object, machine.addresses),
        *origin_side(distribution, upstreams),
    )
    loaded = (f"load_module {quoted(module)};" for module in machine.modules)
    account = [f"user {machine.account};"] if machine.account else []
    return "\n".join([*loaded, *account, MAIN, http, ""])
