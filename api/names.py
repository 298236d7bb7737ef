"""Names shared by the functions, their infrastructure and the tools."""

LOCAL_STAGE = "local"

# The table's partition with the lease.
LEASE = "LEASE"

# The functions' environment.
STAGE = "STAGE"
TABLE_NAME = "TABLE_NAME"
RAW_BUCKET = "RAW_BUCKET"
SITE_BUCKET = "SITE_BUCKET"
DISTRIBUTION_ID = "DISTRIBUTION_ID"
SITE_URL = "SITE_URL"
KEY_PARAMETER = "KEY_PARAMETER"
KEY_EXPIRES = "KEY_EXPIRES"
WATCHLIST_FILE = "WATCHLIST_FILE"
MARKET = "MARKET"
PROVIDER = "PROVIDER"
READY = "READY"
WINDOW = "WINDOW"
CALLS_PER_MINUTE = "CALLS_PER_MINUTE"
HISTORY_DAYS = "HISTORY_DAYS"
# Deployment settings passed to the ingest function unchanged.
SETTINGS = (READY, WINDOW, CALLS_PER_MINUTE, HISTORY_DAYS)
# In the local stage only.
VENDOR_URL = "VENDOR_URL"
SOURCE_KIND = "SOURCE_KIND"
CLOCK_OFFSET_SECONDS = "CLOCK_OFFSET_SECONDS"
SITE_CA = "SITE_CA"

# The functions' metrics: their namespace, their one dimension, and their names.
NAMESPACE = "Movers"
STAGE_DIMENSION = "Stage"
SESSIONS_BEHIND = "SessionsBehind"
SESSIONS_ON_RECORD = "SessionsOnRecord"
SESSIONS_STORED = "SessionsStored"
SESSIONS_FAILED = "SessionsFailed"
UPSTREAM_CALLS = "UpstreamCalls"
TWINS_PUBLISHED = "TwinsPublished"
TWINS_KEPT = "TwinsKept"
EDGE_FAILED = "EdgeFailed"
KEY_DAYS_LEFT = "KeyDaysLeft"
TWIN_MISS = "TwinMiss"
