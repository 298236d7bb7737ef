"""All measures, in the order of the table."""

from scripts.tools.bench import edge, function, growth, upstream, waiting, whole_market
from scripts.tools.bench.measure import Measure

MEASURES = (
    Measure("calls-day", "upstream calls, ordinary day", 2, "calls", upstream.calls_on_an_ordinary_day),
    Measure("calls-week", "upstream calls, 7 missing days", 8, "calls", upstream.calls_for_a_week),
    Measure("calls-two-years", "upstream calls, 2 years", 7, "calls", upstream.calls_for_two_years),
    Measure("idle-calls", "calls to AWS, idle run", 8, "calls", waiting.calls_of_an_idle_run),
    Measure("chain", "calls to AWS in a chain, new session", 14, "calls", waiting.chain_of_a_new_session),
    Measure("answer-memory", "whole market, memory over import", 16, "MB", whole_market.memory),
    Measure(
        "answer-time", "whole market, call to winner / parsing", 6, "×", whole_market.time_against_parsing
    ),
    Measure("api-cold", "api, import and first answer / usual", 0.6, "×", function.first_answer),
    Measure(
        "api-lambda", "api, cold under Lambda's runtime / usual", 0.7, "×", function.first_answer_at_lambda
    ),
    Measure("api-memory", "api, memory under Lambda's runtime / usual", 0.9, "×", function.memory_at_lambda),
    Measure("api-warm", "api, warm /movers / usual, without the table", 0.7, "×", function.warm_answer),
    Measure("api-year", "api, warm ?days=366 / ?days=7", 4, "×", function.a_year_against_a_week),
    Measure(
        "api-year-alone",
        "api, the same without the table",
        4,
        "×",
        function.a_year_against_a_week_alone,
    ),
    Measure(
        "growth-time", "growth of time, 60 to 2400 tickers / linear", 1, "×", growth.time_against_tickers
    ),
    Measure("growth-requests", "growth of table requests / linear", 1, "×", growth.requests_against_tickers),
    Measure(
        "side-by-side",
        "2400 tickers, 25 ms latency / one by one",
        0.2,
        "×",
        waiting.side_by_side_with_latency,
    ),
    Measure("side-by-side-local", "the same without latency", 1, "×", waiting.side_by_side_without_latency),
    Measure("fresh", "upstream has it → edge serves it / whole run", 1.25, "×", edge.freshness),
    Measure("cache", "origin requests per 10,000 reads", 5, "reads", edge.reads_past_the_cache),
    Measure("backfill", "backfill of 2 years / of one session", 5, "×", edge.two_years),
    Measure("heal", "7-day heal at 5 calls a minute / one minute", 1.15, "×", upstream.wait_for_a_week),
)
