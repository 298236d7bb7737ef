"""What goes wrong in a reader's browser, whether or not the reader would see it."""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, WebError

# Not every engine logs a violation by itself.
LOG_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP: ${event.effectiveDirective} forbids ${event.blockedURI} ${event.sample}`));
"""


@dataclass
class Watch:
    """Collects the faults of contexts: errors and warnings of the console, uncaught errors, violations of the
    policy, requests to a host other than `host`."""

    host: str
    faults: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)

    def allow(self, pattern: str) -> None:
        """Let faults pass that the regular expression is found in."""
        self.allowed.append(pattern)

    def verdict(self) -> list[str]:
        """The faults that are not allowed."""
        return [fault for fault in self.faults if not any(re.search(each, fault) for each in self.allowed)]

    def over(self, context: BrowserContext) -> None:
        context.add_init_script(LOG_VIOLATIONS)
        context.on("console", self._hear)
        context.on("weberror", self._catch)
        context.on("request", self._follow)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"{message.type}: {message.text} ({message.location['url']})")

    def _catch(self, error: WebError) -> None:
        self.faults.append(f"uncaught: {error.error}")

    def _follow(self, request: Request) -> None:
        url = urlsplit(request.url)
        if url.netloc not in ("", self.host):  # data: and blob: have none
            self.faults.append(f"another host: {request.url}")
