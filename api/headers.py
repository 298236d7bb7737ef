"""The headers of every answer of the API, whether the function gives it or the gateway in front of it."""

CORS = {
    "Access-Control-Allow-Origin": "*",
    # Without this, a script from another origin reads no header that CORS does not list as safe.
    "Access-Control-Expose-Headers": "ETag, Date, Age, Retry-After",
}
# An answer is data: no browser shall take it for a page, run anything in it, or show it in a frame.
SECURITY = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Strict-Transport-Security": "max-age=63072000",
    "X-Content-Type-Options": "nosniff",
}
COMMON = CORS | SECURITY
