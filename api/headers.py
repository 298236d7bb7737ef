"""The headers of every API answer, whether it comes from the function or from API Gateway itself."""

CORS = {
    "Access-Control-Allow-Origin": "*",
    # Without this, scripts from other origins see only the headers that CORS lists as safe.
    "Access-Control-Expose-Headers": "ETag, Date, Age, Retry-After",
}
# An answer is data: browsers must not render it as a page, run anything in it, or show it in a frame.
SECURITY = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Strict-Transport-Security": "max-age=63072000",
    "X-Content-Type-Options": "nosniff",
}
COMMON = CORS | SECURITY
