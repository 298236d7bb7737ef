"""Runs, backfills, rebuilds, corrections and deaths in any order, interleaved call by call.

Whatever the order: one run writes at a time, each twin is the table as it was when the twin was put, no reader goes
back in time, and in the end each twin is the table.
"""

import json
from collections.abc import Callable
from contextlib import ExitStack
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from api import routes
from api.handler import respond
from api.markets import US
from ingest.daily.rebuild import RebuildRequest, rebuild
from ingest.daily.reconcile import reconcile
from ingest.daily.run import Request
from ingest.lease import LeaseHeldError
from tests.chaos.stepping import Actor, acting
from tests.chaos.wire import Call, Died
from tests.chaos.worlds import SmallWorld, assert_backed_by_the_raw_zone, assert_whole, small_world, table
from tests.profiles import LONG
from tests.samples import bar
from tests.world import LIFE, SITE

TICKERS = ("AAPL", "TSLA")
DAYS = [date(2026, 11, day) for day in (17, 18, 19, 20, 23, 24)]
AT_ONCE = 3
SKEW_SECONDS = 29  # each clock's; two differ by less than the minute that a lease lasts longer than a run

dates = st.sampled_from(DAYS)
actors = st.integers(0, AT_ONCE - 1)
calls = st.sampled_from([1, 2, 5, 9, 14, 20, 1000])
skews = st.integers(-SKEW_SECONDS, SKEW_SECONDS)


class Reader:
    """Somebody who looks at the twins all the time and remembers how far they had come."""

    def __init__(self) -> None:
        self.newest = ""
        self.as_of = ""
        self.revisions: dict[str, int] = {}

    def look(self, world: SmallWorld) -> None:
        for key in world.keys(SITE):
            if key.startswith("movers/"):
                revision = json.loads(world.twin(key))["Revision"]
                assert revision >= self.revisions.get(key, 0), f"{key} went back"
                self.revisions[key] = revision
            elif key == "movers.json":
                movers = json.loads(world.twin(key))
                newest = movers[0]["Date"] if movers else ""
                assert newest >= self.newest, "movers.json went back"
                assert len({mover["Date"] for mover in movers}) == len(movers)
                self.newest = newest
            elif key == "status.json":
                as_of = json.loads(world.twin(key))["AsOf"] or ""
                assert self.newest >= as_of >= self.as_of, "status.json went back, or ahead of movers.json"
                self.as_of = as_of


class Races(RuleBasedStateMachine):
    upstream: ClassVar[SmallWorld.Upstream]

    @initialize()
    def begin(self) -> None:
        self.stack = ExitStack()
        self.world = self.stack.enter_context(small_world(self.upstream, SmallWorld, watchlist=TICKERS))
        self.world.wire.before, self.world.wire.after = self.stop, self.written
        self.running: list[Actor] = []
        self.writer: Actor | None = None
        self.put: str | None = None
        self.reader = Reader()
        self.sessions: dict[str, list[Any]] = {}
        self.edits = 0

    # What happens

    @precondition(lambda self: len(self.running) < AT_ONCE)
    @rule(skew=skews, calls=calls)
    def schedule(self, skew: int, calls: int) -> None:
        def work(run: str, now: datetime) -> Any:
            return reconcile(self.world.parts, self.world.rules, Request(run), now, LIFE)

        self.start("run", skew, calls, work)

    @precondition(lambda self: len(self.running) < AT_ONCE)
    @rule(skew=skews, calls=calls, first=st.sampled_from(DAYS[:2]))
    def backfill(self, skew: int, calls: int, first: date) -> None:
        def work(run: str, now: datetime) -> Any:
            return reconcile(
                self.world.parts, self.world.rules, Request(run, first, DAYS[3], invalidate=False), now, LIFE
            )

        self.start("backfill", skew, calls, work)

    @precondition(lambda self: len(self.running) < AT_ONCE)
    @rule(skew=skews, calls=calls, watchlist=st.sampled_from([None, ("TSLA",), TICKERS]))
    def rebuild(self, skew: int, calls: int, watchlist: tuple[str, ...] | None) -> None:
        def work(run: str, now: datetime) -> Any:
            request = RebuildRequest(run, watchlist=watchlist, apply=True)
            return rebuild(self.world.parts, self.world.rules, request, now, LIFE)

        self.start("rebuild", skew, calls, work)

    @precondition(lambda self: self.running)
    @rule(turns=st.lists(st.tuples(actors, calls), min_size=1, max_size=5))
    def take_turns(self, turns: list[tuple[int, int]]) -> None:
        for which, calls in turns:
            if self.running:
                self.step(self.running[which % len(self.running)], calls)

    @precondition(lambda self: self.running)
    @rule(which=actors)
    def die(self, which: int) -> None:
        actor = self.running[which % len(self.running)]
        actor.kill()
        self.settle(actor)

    @rule(day=dates, ticker=st.sampled_from(TICKERS))
    def vendor_corrects(self, day: date, ticker: str) -> None:
        self.edits += 1
        self.world.tape.edits[day, ticker] = bar("100", f"{101 + self.edits}.5")

    @rule(minutes=st.sampled_from([1, 5, 14, 15, 17, 60, 6 * 60, 24 * 60]))
    def time_passes(self, minutes: int) -> None:
        """Lambda ends whatever has lived for as long as it may."""
        self.world.now += timedelta(minutes=minutes)
        for actor in [each for each in self.running if each.dies_at <= self.world.now]:
            actor.kill()
            self.settle(actor)

    # What must be true

    @invariant()
    def the_table_is_whole_sessions_and_revisions_count_their_changes(self) -> None:
        items = {key: item for key, item in table(self.world).items() if key[0] in ("MOVERS", "SESSIONS")}
        for pk, sk in items:
            assert items["MOVERS", sk]["Revision"] == items["SESSIONS", sk]["Revision"], f"{pk} {sk}"
        for (pk, sk), item in items.items():
            if pk == "SESSIONS":
                seen = self.sessions.setdefault(sk, [])
                # How far the ticker rows are is no part of the session.
                session = {name: value for name, value in item.items() if name not in ("Rows", "Gone")}
                if not seen or seen[-1] != session:
                    seen.append(session)
        for sk, seen in self.sessions.items():
            revisions = [int(item["Revision"]["N"]) for item in seen]
            assert revisions == list(range(1, len(seen) + 1)), (
                f"{sk} changed, and its revisions are {revisions}"
            )

    @invariant()
    def no_reader_goes_back_in_time(self) -> None:
        self.reader.look(self.world)

    def teardown(self) -> None:
        try:
            for actor in self.running:
                actor.kill()
            self.end_well()
        finally:
            self.stack.close()

    def end_well(self) -> None:
        """Whoever was at work is dead: an hour later its lease has ended, and one run makes all good."""
        self.world.wire.mend()
        self.world.now += timedelta(hours=1)
        report = self.world.run()
        assert (report.failed, report.left) == ({}, {})
        assert_whole(self.world)
        assert_backed_by_the_raw_zone(self.world, ahead=True)
        self.no_reader_goes_back_in_time()
        self.the_table_is_whole_sessions_and_revisions_count_their_changes()

    # How it is done

    def start(self, kind: str, skew: int, calls: int, work: Callable[[str, datetime], Any]) -> None:
        name = f"{kind}-{next(self.world.runs)}"
        now = self.world.now + timedelta(seconds=skew)
        actor = Actor(name, lambda: work(name, now), dies_at=self.world.now + LIFE)
        self.running.append(actor)
        actor.start()
        self.step(actor, calls)

    def step(self, actor: Actor, calls: int) -> None:
        for _ in range(calls):
            if actor.ended:
                break
            actor.step()
            self.compare_what_was_put()
        self.settle(actor)

    def compare_what_was_put(self) -> None:
        """A twin is the table as it is at the very moment when it is put."""
        put, self.put = self.put, None
        if put and routes.is_twin(f"/{put}"):
            event = {"path": f"/{put}", "httpMethod": "GET", "headers": {}}
            assert respond(event, self.world.store, US)["body"] == self.world.twin(put).decode(), put

    def settle(self, actor: Actor) -> None:
        """Note an end: a run may find another at work, or be killed, and nothing else may befall it."""
        if actor.ended:
            self.running.remove(actor)
            assert actor.error is None or isinstance(actor.error, LeaseHeldError | Died), actor.error
            if actor.error is None and hasattr(actor.outcome, "failed"):
                assert actor.outcome.failed == {}

    def stop(self, call: Call) -> None:
        if actor := acting():
            actor.stop_before(call)

    def written(self, call: Call) -> None:
        """One writer at a time: the one before has ended."""
        actor = acting()
        if call.operation == "PutObject" and call.subject.startswith(SITE):
            self.put = call.subject.partition("/")[2]
        if actor and call.writes and not call.subject.startswith("LEASE"):
            before, self.writer = self.writer, actor
            assert before in (None, actor) or before.ended, (
                f"{actor.name} makes {call}, {before.name} is at work"
            )


def test_any_order_of_events_ends_well(small_market: SmallWorld.Upstream) -> None:
    Races.upstream = small_market
    profile = settings(
        max_examples=300 if LONG else 12,
        stateful_step_count=30 if LONG else 15,
        phases=list(Phase) if LONG else [Phase.generate],  # a failure is soon told
    )
    run_state_machine_as_test(Races, settings=profile)
